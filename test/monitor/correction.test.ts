import { expect, test } from 'vitest'
import { modelSpec, type ModelFile } from '../../core/model-spec.ts'
import { evaluateWindow } from '../../monitor/evaluate.ts'

/** P-values of three features under one method and baseline, as a model adjusts them. */
function adjusted(correction: ModelFile['correction']): (number | null)[] {
  const spec = modelSpec({ model: 'm', ...(correction === undefined ? {} : { correction }) })
  const scores = [0.01, 0.02, 0.04].map((pValue, i) => ({
    baseline: 'first',
    feature: `f${i}`,
    metric: 'ks',
    score: {
      ...{ method: 'ks/exact', value: 0.1, pValue, nReference: 1000, nCurrent: 1000 },
      direction: 'greater_is_worse' as const,
    },
  }))
  const arm = {
    ...{ version: '1', variant: 'live', current: new Map(), references: new Map() },
    ...{ distinct: new Map(), rowScores: scores, outliers: [] },
  }
  const window = { spec, binnings: new Map(), windowMs: 300_000, start: 0, revision: 1 }
  return evaluateWindow({ ...window, arms: [arm] })
    .filter(({ metric }) => metric === 'ks')
    .map(({ pAdjusted }) => pAdjusted)
}

test.each<[ModelFile['correction'], number[]]>([
  [undefined, [0.03, 0.03, 0.04]],
  ['benjamini-hochberg', [0.03, 0.03, 0.04]],
  ['bonferroni', [0.03, 0.06, 0.12]],
  ['none', [0.01, 0.02, 0.04]],
])('correction %s', (correction, expected) => {
  const found = adjusted(correction)
  expect(found).toHaveLength(expected.length)
  for (const [i, p] of expected.entries()) expect(found[i]).toBeCloseTo(p, 12)
})
