import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { configFileProblems } from '../../core/config.ts'

// Helm comes as a program of its own (Debian has none); CI may be without it.
const helmMissing = spawnSync('helm', ['version'], { stdio: 'ignore' }).status !== 0
if (helmMissing) console.warn('SKIPPED: the templates of the chart need helm on the PATH')

interface Resource {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: Record<string, unknown> & { readonly triggers?: readonly Trigger[] }
  readonly data?: Readonly<Record<string, string>>
}
interface Trigger {
  readonly metadata: Readonly<Record<string, string>>
}

const chart = 'deploy/helm/tidegauge'
const sets = readdirSync(`${chart}/ci`)

function helm(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('helm', args, { encoding: 'utf8', maxBuffer: 1 << 26 })
}

function rendered(...values: string[]): Resource[] {
  const args = ['template', 'r', chart, '--kube-version', '1.31.0', ...values]
  const { status, stdout, stderr } = helm(...args)
  if (status !== 0) throw new Error(stderr)
  return parseAllDocuments(stdout).map((document) => {
    expect(document.errors).toEqual([])
    return document.toJS() as Resource
  })
}

const ofSet = (set: string): Resource[] => rendered('-f', `${chart}/ci/${set}.yaml`)

const named = (resources: readonly Resource[], kind: string): string[] =>
  resources.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name)

describe.skipIf(helmMissing)('the chart', () => {
  test.each(sets)('is linted without a warning with %s', (set) => {
    const { status, stdout } = helm('lint', '--strict', chart, '-f', `${chart}/ci/${set}`)
    expect({ status, warnings: /WARNING|ERROR/.exec(stdout) }).toEqual({
      status: 0,
      warnings: null,
    })
  })

  test.each(sets)('makes a valid tidegauge.yaml with %s', (set) => {
    const config = rendered('-f', `${chart}/ci/${set}`).find(
      ({ kind, data }) => kind === 'ConfigMap' && data?.['tidegauge.yaml'] !== undefined,
    )
    const text = config?.data?.['tidegauge.yaml'] ?? ''
    expect(text).toContain('store:')
    expect(configFileProblems('tidegauge.yaml', text)).toEqual([])
  })

  test('runs each role as a deployment, with what watches over it', () => {
    const resources = ofSet('roles')
    const roles = ['ingest', 'monitor', 'api'].map((role) => `r-tidegauge-${role}`)
    expect(named(resources, 'Deployment').toSorted()).toEqual(roles.toSorted())
    expect(named(resources, 'PodDisruptionBudget').toSorted()).toEqual(roles.toSorted())
    expect(named(resources, 'PrometheusRule')).toHaveLength(2)
    expect(named(resources, 'ConfigMap').filter((name) => name.includes('dashboard'))).toHaveLength(
      readdirSync('deploy/grafana/dashboards').length,
    )
  })

  test('scales ingest by the lag of the group that it really is', () => {
    const [object] = ofSet('keda').filter(({ kind }) => kind === 'ScaledObject')
    const asked = object?.spec.triggers?.map(({ metadata }) => metadata)
    expect(asked).toMatchObject([
      { consumerGroup: 'tidegauge', topic: 'predictions', bootstrapServers: 'kafka:9094' },
      { consumerGroup: 'tidegauge', topic: 'labels' },
    ])
    const ingest = ofSet('keda').find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name.endsWith('ingest'),
    )
    expect(ingest?.spec).not.toHaveProperty('replicas')
  })

  test('is one stateful pod with the embedded engine', () => {
    const resources = ofSet('embedded')
    expect(named(resources, 'Deployment')).toEqual([])
    const [set] = resources.filter(({ kind }) => kind === 'StatefulSet')
    expect(set?.spec).toMatchObject({
      replicas: 1,
      volumeClaimTemplates: [{ spec: { accessModes: ['ReadWriteOnce'] } }],
    })
  })

  test.each([
    ['no server', [], 'needs clickhouse.url'],
    ['monitors that share nothing', ['monitor.replicas=2'], 'config.monitor.control'],
    ['lag of no topic', ['ingest.keda.enabled=true'], 'name every topic'],
    [
      'two masters of one number',
      ['ingest.keda.enabled=true', 'ingest.autoscaling.enabled=true'],
      'either ingest.autoscaling or ingest.keda',
    ],
    ['a wrong setting', ['config.server.prot=1'], 'prot'],
  ])('is refused with %s', (_, set, message) => {
    const url = set.length === 0 ? [] : ['--set', 'clickhouse.url=http://c:8123']
    const wrong = set.flatMap((each) => ['--set', each])
    expect(() => rendered(...url, ...wrong)).toThrow(message)
  })
})
