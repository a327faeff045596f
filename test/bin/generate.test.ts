import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { generate, generatedFiles } from '../../bin/generate.ts'
import { exampleModel } from '../../bin/reference-pages.ts'
import { configFileProblems, readConfig } from '../../core/config.ts'
import { errorCodes } from '../../core/errors.ts'
import { parseModelFile } from '../../core/validate-model.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tidegauge-generate-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

test('committed files are what the sources say: otherwise run npm run generate', async () => {
  expect(await generate(generatedFiles, { check: true })).toEqual([])
})

test('a check names stale and missing files and writes none', async () => {
  const files = [
    { path: 'a.md', render: () => '# A' },
    { path: 'deep/b.json', render: async () => '{"b":1}' },
  ]
  expect(await generate(files, { directory })).toEqual(['a.md', 'deep/b.json'])
  expect(await generate(files, { directory, check: true })).toEqual([])
  writeFileSync(join(directory, 'a.md'), 'edited by hand')
  rmSync(join(directory, 'deep/b.json'))
  expect(await generate(files, { directory, check: true })).toEqual(['a.md', 'deep/b.json'])
  expect(readFileSync(join(directory, 'a.md'), 'utf8')).toBe('edited by hand')
  await generate(files, { directory })
  expect(readFileSync(join(directory, 'a.md'), 'utf8')).toBe('# A\n')
})

const example = readFileSync('deploy/tidegauge.example.yaml', 'utf8')

test('the example configuration is valid as it stands', () => {
  expect(configFileProblems('example', example)).toEqual([])
})

test('the example configuration shows every default, and says the same when it is uncommented', () => {
  const uncommented = example
    .split('\n')
    .filter((line) => !/^ *# [a-z_]+:$/.test(line))
    .map((line) => line.replace(/^( *)# ([a-z_]+: )/, '$1$2'))
    .join('\n')
  const path = join(directory, 'tidegauge.yaml')
  writeFileSync(path, uncommented)
  const reading = readConfig({ file: path, env: {} })
  expect(reading.problems).toEqual([])
  expect(reading.origins.size).toBeGreaterThan(30)
  const { values } = readConfig({ env: {} })
  expect(reading.values).toEqual(values)
})

test('the example of the model file page is valid', () => {
  expect(parseModelFile(exampleModel, { fileName: 'example' })).toHaveProperty('ok', true)
})

test('the error page explains every code', () => {
  const page = readFileSync('docs/errors.md', 'utf8')
  for (const code of Object.keys(errorCodes)) expect(page).toContain(`\`${code}\``)
})

test.each(['config', 'model'])('the published schema of a %s file describes every key', (name) => {
  const schema = JSON.parse(
    readFileSync(`deploy/schemas/${name}.schema.json`, 'utf8'),
  ) as PublishedNode & { $id: string }
  expect(schema.$id).toBe(`urn:tidegauge:${name}`)
  expect(undescribed(schema)).toEqual([])
})

interface PublishedNode {
  description?: string
  properties?: Record<string, PublishedNode>
}

function undescribed(node: PublishedNode): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => [
    ...((child.description ?? '') === '' ? [key] : []),
    ...undescribed(child),
  ])
}
