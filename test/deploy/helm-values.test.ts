import { Ajv2020 } from 'ajv/dist/2020.js'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { configNode } from '../../bin/published-schemas.ts'
import { durationMs } from '../../core/duration.ts'
import { optionsOf, variableName } from '../../core/config-sources.ts'

const chart = 'deploy/helm/tidegauge'
const read = (path: string): string => readFileSync(join(chart, path), 'utf8')
const values = parse(read('values.yaml')) as Record<string, unknown>
const templates = (readdirSync(join(chart, 'templates'), { recursive: true }) as string[])
  .filter((path) => /\.(yaml|tpl|txt)$/.test(path))
  .map((path) => ({ path, text: read(join('templates', path)) }))

const schema = JSON.parse(read('values.schema.json')) as Record<string, unknown>
const validate = new Ajv2020({ strict: false, allErrors: true }).compile(schema)
const problems = (given: unknown): string[] => {
  validate(given)
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

test('the values as they stand fit their schema', () => {
  expect(problems(values)).toEqual([])
})

test('the schema knows every value and no value more, so that a misspelt one is refused', () => {
  const { properties } = schema as { properties: Record<string, unknown> }
  expect(Object.keys(properties).toSorted()).toEqual([...Object.keys(values), 'global'].toSorted())
  expect(problems({ ...values, replicaCount: 3 })).toHaveLength(1)
  expect(problems({ ...values, image: { repositry: 'x' } })).toHaveLength(1)
})

test('config is checked as tidegauge.yaml is', () => {
  expect(problems({ config: { server: { prot: 1 } } })).toHaveLength(1)
  expect(problems({ config: { store: { timeout: 'soon' } } })).toHaveLength(1)
  expect(problems({ config: { kafka: { clusters: { main: {} } } } })).toHaveLength(1)
})

function has(tree: unknown, path: readonly string[]): boolean {
  let at = tree
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !(key in at)) return false
    at = (at as Record<string, unknown>)[key]
  }
  return true
}

test('templates ask only for values that are there', () => {
  const asked = templates.flatMap(({ path, text }) =>
    [...text.matchAll(/\.Values\.([A-Za-z.]+[A-Za-z])/g)].map(([, name = '']) => ({ path, name })),
  )
  expect(asked.length).toBeGreaterThan(80)
  // What stands below config is the user's own, and its places are asked for with a default.
  const unknown = asked.filter(
    ({ name }) => !name.startsWith('config.') && !has(values, name.split('.')),
  )
  expect(unknown).toEqual([])
})

test('what templates ask of a role is there for each of them', () => {
  const roles = templates.find(({ path }) => path === 'roles.yaml')?.text ?? ''
  const ofRole = [...roles.matchAll(/\$role\.([A-Za-z.]+[A-Za-z])/g)].map(([, name = '']) => name)
  const pod = templates.find(({ path }) => path === '_helpers.tpl')?.text ?? ''
  const ofPod = [...pod.matchAll(/ \.values\.([A-Za-z]+)/g)].map(([, name = '']) => name)
  expect(Math.min(ofRole.length, ofPod.length)).toBeGreaterThan(4)
  for (const role of ['ingest', 'monitor', 'api']) {
    const missing = [...ofRole, ...ofPod].filter((name) => !has(values[role], name.split('.')))
    expect({ role, missing }).toEqual({ role, missing: [] })
  }
  expect(ofPod.filter((name) => !has(values['embedded'], [name]))).toEqual([])
})

test('no value is without use', () => {
  const all = templates.map(({ text }) => text).join('\n')
  // Roles are reached by name, the others by their path.
  const unused = Object.keys(values).filter(
    (name) => !new RegExp(`\\.Values\\.${name}\\b`).test(all) && !all.includes(`"${name}"`),
  )
  expect(unused).toEqual([])
})

test('templates set only variables that the service knows', () => {
  const known = new Set(optionsOf(configNode()).map(({ path }) => variableName(path)))
  const set = templates.flatMap(({ text }) => text.match(/\bTIDEGAUGE_[A-Z_]+\b(?!…)/g) ?? [])
  expect(set.length).toBeGreaterThan(2)
  const unknown = set.filter((name) => name !== 'TIDEGAUGE_CONFIG' && !known.has(name))
  expect(unknown.filter((name) => name !== 'TIDEGAUGE_')).toEqual([])
})

test('a pod is given the time that its shutdown takes', () => {
  const { config, preStopSeconds, terminationGracePeriodSeconds } = values as {
    config: { server: { shutdown_timeout: string } }
    preStopSeconds: number
    terminationGracePeriodSeconds: number
  }
  const shutdown = durationMs(config.server.shutdown_timeout) / 1000
  // Ten: leaving the group that shares the models out, and ending.
  expect(terminationGracePeriodSeconds).toBeGreaterThan(preStopSeconds + shutdown + 10)
})
