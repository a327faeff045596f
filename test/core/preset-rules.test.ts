import { expect, test } from 'vitest'
import { modelSpec } from '../../core/model-spec.ts'
import { presets } from '../../core/row-methods-schema.ts'
import { parseModelFile } from '../../core/validate-model.ts'
import { metricNames } from '../../detectors/metric-names.ts'
import { peers } from '../../detectors/peers/catalogue.ts'

const problemsOf = (text: string): string[] => {
  const options = { fileName: 'm.yaml', metrics: metricNames }
  const parsed = parseModelFile(`model: m\n${text}`, options)
  return parsed.ok ? [] : parsed.problems.map(({ message }) => message)
}
const monitor = (metric: string): string =>
  `monitors: [{ name: a, metric: ${metric}, critical: ">= 1" }]`

test('every product can be asked for, and no other', () => {
  expect([...presets].sort()).toEqual(peers.map(({ name }) => name).sort())
  for (const preset of presets) expect(problemsOf(`preset: ${preset}`)).toEqual([])
  expect(problemsOf('preset: phoenix')).toHaveLength(1)
})

test.each([
  [monitor('drifted'), 'nothing is judged'],
  [`preset: nannyml\n${monitor('drifted_share')}`, 'only a model with preset: evidently has it'],
  [`preset: evidently\n${monitor('drifted_fdr')}`, 'only a model with preset: alibi-detect has it'],
  [
    'preset: evidently\nbaselines: { long: { trailing: 100d } }',
    'preset evidently compares stored events, and these are kept for 90d',
  ],
  ['row_methods: { sample: 10 }', '10'],
])('%s is told', (text, problem) => {
  expect(problemsOf(text)).toEqual([expect.stringContaining(problem)])
})

test.each([
  `preset: evidently\n${monitor('drifted_share')}`,
  `preset: alibi-detect\n${monitor('drifted_fdr')}`,
  `detectors: [psi/evidently-0.7]\n${monitor('drifted')}`,
  monitor('drifted/psi/evidently-0.7'),
  monitor('ks_p_value'),
  'preset: evidently\nbaselines: { long: { trailing: 100d } }\nretention: { events: 200d }',
])('%s is accepted', (text) => {
  expect(problemsOf(text)).toEqual([])
})

test('up to 100 000 rows of a side are read unless the file says otherwise', () => {
  expect(modelSpec({ model: 'm' })).toMatchObject({ preset: null, rowMethods: { sample: 100_000 } })
  const file = { model: 'm', preset: 'vertex', row_methods: { sample: 500 } } as const
  expect(modelSpec(file)).toMatchObject({ preset: 'vertex', rowMethods: { sample: 500 } })
})
