import type { ModelSpec } from '../core/model-spec.ts'
import { systemClock } from '../core/clock.ts'
import type { Store } from '../store/client.ts'
import { openModelRegistry, type RegisteredModel } from '../store/model-registry.ts'
import { apiKeysList } from '../store/queries/api-keys-list.ts'
import { listBaselines } from '../store/queries/list-baselines.ts'
import { listDeliveries } from '../store/queries/list-deliveries.ts'
import { newestVolumes } from '../store/queries/newest-volumes.ts'
import { partitionHaltsList } from '../store/queries/partition-halts-list.ts'
import { fail, ok, warn, type Finding } from './doctor-finding.ts'

/** What lies in a store whose schema is this program's. */
export interface Contents {
  readonly findings: readonly Finding[]
  /** Models as they are in force. */
  readonly specs: readonly ModelSpec[]
  readonly activeKeys: number
}

/** `files`: models that this host has files of. */
export async function readContents(store: Store, files: ReadonlySet<string>): Promise<Contents> {
  const registry = await openModelRegistry(store)
  const models = registry.list()
  const findings: Finding[] = [ok('models', `${models.length} are registered`)]
  for (const model of models) findings.push(...(await modelFindings(store, model, files)))
  findings.push(...(await haltFindings(store)), ...(await deadFindings(store)))
  return {
    findings,
    specs: models.map(({ spec }) => spec),
    activeKeys: await activeKeys(store),
  }
}

async function activeKeys(store: Store): Promise<number> {
  const now = systemClock.now()
  const keys = await store.query(apiKeysList())
  return keys.filter(
    ({ revokedAt, expiresAt }) =>
      revokedAt === null && (expiresAt === null || expiresAt.getTime() > now),
  ).length
}

async function modelFindings(
  store: Store,
  { spec, origin }: RegisteredModel,
  files: ReadonlySet<string>,
): Promise<Finding[]> {
  const { model } = spec
  const check = `model ${model}`
  const gone = warn(
    check,
    'its file is not in models.directory of this host; the last revision stays in force',
    'put the file back, or leave it: a model cannot be deleted by taking its file away',
  )
  return [
    ...(origin === 'file' && !files.has(model) ? [gone] : []),
    ...(await baselineFindings(store, check, model)),
    ...(await staleFindings(store, check, model)),
  ]
}

async function baselineFindings(store: Store, check: string, model: string): Promise<Finding[]> {
  const baselines = await store.query(listBaselines(model))
  return baselines.flatMap(({ baseline, status, detail }) => {
    if (status === 'failed')
      return [fail(check, `baseline "${baseline}" failed: ${detail}`, 'mend it in the model file')]
    if (status !== 'pending') return []
    return [
      warn(
        check,
        `baseline "${baseline}" waits: ${detail}`,
        'until one is ready nothing is computed',
      ),
    ]
  })
}

/** Widths of a model that have had no newer window for three of their own, an hour at least. */
async function staleFindings(store: Store, check: string, model: string): Promise<Finding[]> {
  const now = systemClock.now()
  const ends = new Map<string, { end: number; widthMs: number }>()
  for (const { window, windowStart, windowEnd } of await store.query(newestVolumes(model)))
    ends.set(window, { end: windowEnd, widthMs: windowEnd - windowStart })
  return [...ends]
    .filter(([, { end, widthMs }]) => now - end > Math.max(3 * widthMs, 3_600_000))
    .map(([window, { end }]) =>
      warn(
        check,
        `newest window of ${window} ended at ${new Date(end).toISOString()}`,
        'do its events come? docs/runbook/TidegaugeModelStale.md',
      ),
    )
}

async function haltFindings(store: Store): Promise<Finding[]> {
  const halts = await store.query(
    partitionHaltsList({ changedFrom: Number.MAX_SAFE_INTEGER, limit: 100 }),
  )
  return halts
    .filter(({ state }) => state === 'halted')
    .map(({ source, topic, partition, offset }) =>
      fail(
        `partition ${source} ${topic} ${partition}`,
        `halted at offset ${offset}`,
        'tidegauge partitions list, then docs/how-to/dead-letters.md',
      ),
    )
}

const dayMs = 86_400_000

async function deadFindings(store: Store): Promise<Finding[]> {
  const page = { limit: 1000, after: null }
  const dead = await store.query(listDeliveries({ models: null, state: 'dead' }, page))
  const since = systemClock.now() - dayMs
  const recent = dead.filter(({ changed_at }) => Date.parse(changed_at) > since)
  const [first] = recent
  if (first === undefined) return []
  return [
    warn(
      'webhooks',
      `${recent.length} were given up in the last day, such as ${first.model}/${first.action}: ${first.last_error}`,
      'mend the receiver, then POST /v1/deliveries/<id>/redeliver',
    ),
  ]
}
