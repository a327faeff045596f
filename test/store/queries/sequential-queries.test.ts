import { expect, test } from 'vitest'
import { modelSpec } from '../../../core/model-spec.ts'
import type { Query, Statement } from '../../../store/query.ts'
import { retractSequential, unfollowedRules } from '../../../store/queries/retract-sequential.ts'
import { sequentialContents } from '../../../store/queries/sequential-contents.ts'
import { sequentialErrorWindows } from '../../../store/queries/sequential-error-windows.ts'
import { sequentialErrors } from '../../../store/queries/sequential-errors.ts'
import { sequentialRulesRead } from '../../../store/queries/sequential-rules-read.ts'
import { sequentialStatesBefore } from '../../../store/queries/sequential-states-before.ts'
import { sequentialValues } from '../../../store/queries/sequential-values.ts'
import { sequentialWindows } from '../../../store/queries/sequential-windows.ts'

const hostile = "x' OR 1=1"
const followed = {
  ...{ model: hostile, metric: hostile, window: '5m' },
  ...{ baselines: [hostile], features: [hostile], slices: [hostile] },
}
const time = { model: hostile, window: '5m', rules: [hostile] }
const range = { from: 0, to: 300_000 }
const part = { parts: 2, part: 1 }
const one = {
  ...{ rule: hostile, version: hostile, variant: hostile },
  ...{ slice: hostile, feature: hostile, baseline: hostile },
}
const spec = modelSpec({ model: 'm', task: 'regression' })

const series = { rule: hostile, baselines: [hostile], features: [hostile], slices: [hostile] }
const scope = {
  ...{ model: hostile, window: '5m', from: 0, followed: [series] },
  ...{ metrics: [hostile], changePrefix: hostile },
}

const queries: readonly (Query<unknown> | Statement)[] = [
  unfollowedRules(scope),
  ...retractSequential(scope, [hostile]),
  sequentialWindows(followed, 0),
  sequentialValues(followed, range, part),
  sequentialContents(time, range, part),
  sequentialStatesBefore(time, range, part, null),
  sequentialStatesBefore(time, range, part, [one]),
  sequentialRulesRead(hostile),
  sequentialErrorWindows(hostile, '5m', 0),
  sequentialErrors(spec, 300_000, [0, 900_000]),
]

test.each(queries.map((query) => [query.name, query] as const))(
  'every value of %s is a bound parameter',
  (_, { sql, params = {} }) => {
    const bound = [...sql.matchAll(/\{(\w+):/g)].map((match) => match[1])
    expect(new Set(bound)).toEqual(new Set(Object.keys(params)))
    expect(sql).not.toContain('OR 1=1')
  },
)

test('a model without right and wrong has no errors to ask for', () => {
  expect(() => sequentialErrors(modelSpec({ model: 'm' }), 300_000, [0])).toThrow(RangeError)
})
