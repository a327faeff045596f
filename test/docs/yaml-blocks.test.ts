import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { configFileProblems } from '../../core/config.ts'
import { ConfigSchema } from '../../core/config-schema.ts'
import { problemLine } from '../../core/problems.ts'
import { parseModelFile } from '../../core/validate-model.ts'
import { metricNames } from '../../detectors/metric-names.ts'
import { sequentialMethods } from '../../detectors/sequential/window-series.ts'

// Blocks of other programs' files are marked `yml`.
const pages = [
  ...['README.md', 'CONTRIBUTING.md'],
  ...['docs', 'examples'].flatMap((directory) =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => join(directory, file)),
  ),
]

const blocksOf = (page: string): string[] =>
  [...readFileSync(page, 'utf8').matchAll(/^( *)```yaml\n([\s\S]*?)^ *```/gm)].map(
    ([, margin = '', text = '']) => text.replaceAll(new RegExp(`^${margin}`, 'gm'), ''),
  )

const blocks = pages.flatMap((page) => blocksOf(page).map((text) => ({ page, text })))
// A block of comments alone is an empty configuration.
const isConfig = (text: string): boolean =>
  Object.keys((parse(text) ?? {}) as object).every((key) =>
    Object.hasOwn(ConfigSchema.properties, key),
  )

const configs = blocks.filter(({ text }) => isConfig(text))

test.each(configs)('a configuration in $page is valid: $text', ({ page, text }) => {
  expect(configFileProblems(page, text).map(problemLine)).toEqual([])
})

// A guide shows a model file piece by piece: the pieces together are one file.
const models = pages
  .map((page) => ({ page, pieces: blocksOf(page).filter((text) => !isConfig(text)) }))
  .filter(({ pieces }) => pieces.length > 0)

test.each(models)('the pieces of a model file in $page make a valid one', ({ page, pieces }) => {
  const surroundings = {
    model: 'example',
    features: { amount: 'numeric', country: 'categorical' },
    baselines: { training: { file: 'training.parquet' } },
  }
  const file = pieces.reduce<object>((all, piece) => ({ ...all, ...(parse(piece) as object) }), {})
  const text = JSON.stringify({ ...surroundings, ...file })
  const parsed = parseModelFile(text, {
    fileName: page,
    metrics: metricNames,
    sequential: sequentialMethods,
  })
  expect(parsed.ok ? [] : parsed.problems.map(problemLine)).toEqual([])
})

test('there are blocks of both kinds', () => {
  expect(configs.length).toBeGreaterThan(3)
  expect(models.length).toBeGreaterThan(1)
})

test('the table of baselines in the guide shows baselines as they are written', () => {
  const guide = readFileSync('docs/how-to/write-a-model-file.md', 'utf8')
  const written = [...guide.matchAll(/^\| .*\| `(\w+: \{.*?\})`/gm)].map(([, text = '']) => text)
  expect(written).toHaveLength(5)
  const text = `model: m\nbaselines:\n${written.map((line) => `  ${line}`).join('\n')}\n`
  const parsed = parseModelFile(text, { fileName: 'guide', metrics: metricNames })
  expect(parsed.ok ? [] : parsed.problems.map(problemLine)).toEqual([])
})
