import type { AppDeps } from '../api/ports.ts'
import { AppError } from '../core/errors.ts'
import type { KafkaFacts } from '../ingest/sources/kafka-events.ts'
import { appliedMigrations, migrations } from '../store/migrate.ts'
import { newestLedgerRow } from '../store/queries/ledger-newest.ts'
import type { Shared } from './shared.ts'

/** What the parts of a process say about themselves. */
export interface Health {
  /** When the monitor last finished a look at the ledger, monotonic ms; null without that role. */
  readonly monitorTickedAt: () => number | null
  /** Clusters that this process reads; empty where it reads none. */
  readonly kafka: () => readonly KafkaFacts[]
}

interface Check {
  readonly ok: boolean
  readonly detail: string
}

type Ask = Parameters<AppDeps['readiness']>[0]

/** A look at the ledger that takes longer than this is stuck, or the store is. */
const monitorStuckMs = 120_000

/** Brokers that have not answered for this long are away, or this member is not believed any more. */
const kafkaSilentSeconds = 60

/**
 * Ready: the store answers and has this program's tables, the monitor moves, brokers answer, and, where
 * asked, events are fresh and few messages wait.
 */
export function readiness(deps: Shared & { readonly health: Health }): AppDeps['readiness'] {
  const { clock, health } = deps
  return async (ask) => {
    const kafka = health.kafka()
    const tickedAt = health.monitorTickedAt()
    const checks: Record<string, Check> = {
      ...(await storeChecks(deps, ask)),
      ...(tickedAt === null ? {} : { monitor: monitorCheck(clock.monotonic() - tickedAt) }),
      ...(kafka.length === 0 ? {} : { kafka: kafkaCheck(kafka) }),
      ...(ask.maxLagRecords === null ? {} : { lag: lagCheck(kafka, ask.maxLagRecords) }),
    }
    return { ready: Object.values(checks).every(({ ok }) => ok), checks }
  }
}

async function storeChecks(
  { store, clock }: Shared,
  { maxStalenessSeconds }: Ask,
): Promise<Record<string, Check>> {
  try {
    const schema = schemaCheck(await store.query(appliedMigrations()))
    const answers = { store: { ok: true, detail: 'answers' }, schema }
    if (maxStalenessSeconds === null) return answers
    const [newest = null] = await store.query(newestLedgerRow())
    return { ...answers, freshness: freshness(newest, clock.now(), maxStalenessSeconds) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { store: { ok: false, detail: error.message } }
  }
}

/** Newer migrations are no harm: in the midst of an upgrade older instances go on. */
function schemaCheck(applied: readonly number[]): Check {
  const missing = migrations.map(({ version }) => version).filter((v) => !applied.includes(v))
  return missing.length === 0
    ? { ok: true, detail: `at ${Math.max(...applied)}` }
    : {
        ok: false,
        detail: `migrations ${missing.join(', ')} are missing: was an old backup restored?`,
      }
}

function monitorCheck(ageMs: number): Check {
  return {
    ok: ageMs < monitorStuckMs,
    detail: `last look at the ledger ${Math.round(ageMs / 1000)} s ago`,
  }
}

function kafkaCheck(clusters: readonly KafkaFacts[]): Check {
  const silent = clusters.filter(({ secondsSinceAlive }) => secondsSinceAlive > kafkaSilentSeconds)
  const [first] = silent
  if (first !== undefined) {
    const seconds = Math.round(first.secondsSinceAlive)
    return { ok: false, detail: `no answer from cluster ${first.cluster} for ${seconds} s` }
  }
  const partitions = clusters.flatMap((facts) => facts.partitions)
  const stopped = partitions.filter((partition) => partition.stopped).length
  return {
    ok: true,
    detail: `${partitions.length} partitions are read, ${stopped} of them stopped`,
  }
}

/** What the partitions of this process have not stored yet; those of other instances are theirs. */
function lagCheck(clusters: readonly KafkaFacts[], maxLagRecords: number): Check {
  const lag = clusters.reduce(
    (sum, { partitions }) => partitions.reduce((total, each) => total + each.lag, sum),
    0,
  )
  return { ok: lag <= maxLagRecords, detail: `${lag} messages are not stored yet` }
}

function freshness(newest: number | null, now: number, maxStalenessSeconds: number): Check {
  if (newest === null) return { ok: false, detail: 'no event was ever stored' }
  const age = Math.round((now - newest) / 1000)
  return { ok: age <= maxStalenessSeconds, detail: `newest events were stored ${age} s ago` }
}
