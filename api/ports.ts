import type { FastifyBaseLogger } from 'fastify'
import type { Registry } from 'prom-client'
import type { RejectReason, Scope } from '../core/names.ts'
import type { MessageFormat } from '../ingest/intake.ts'
import type { LedgerAudit } from '../store/ledger-audit.ts'
import type { RegisteredModel } from '../store/model-registry.ts'
import type {
  DeadLetterFilter,
  DeadLetterPageKey,
  DeadLetterRecord,
} from '../store/queries/dead-letters-list.ts'
import type { EventRecord } from '../store/queries/get-event.ts'
import type { LabelRecord } from '../store/queries/get-label.ts'
import type { BaselineRecord } from '../store/queries/list-baselines.ts'
import type {
  DeliveryFilter,
  DeliveryKey,
  DeliveryRecord,
} from '../store/queries/list-deliveries.ts'
import type { TimeRange } from '../store/queries/list-filters.ts'
import type { OutlierFilter, OutlierKey, OutlierRecord } from '../store/queries/list-outliers.ts'
import type { MetricFilter, MetricKey, MetricRecord } from '../store/queries/list-metrics.ts'
import type {
  AlertFilter,
  AlertKey,
  TransitionFilter,
  TransitionKey,
  TransitionRecord,
} from '../store/queries/list-transitions.ts'
import type { PartitionHalt, PartitionName } from '../store/queries/partition-halts-row.ts'
import type { WindowKey, WindowRecord } from '../store/queries/list-windows.ts'

/** Where a list is to go on, and how far. */
export interface PageRequest<Key> {
  readonly limit: number
  readonly after: Key | null
}

export interface Page<Row, Key> {
  readonly rows: readonly Row[]
  /** Key of the last row when there are more; null at the end. */
  readonly next: Key | null
}

/** Takes events in. Resolves once every accepted row is durable. */
export interface Intake {
  receive: (request: {
    readonly body: Buffer
    readonly idempotencyKey: string | null
    readonly backfill: boolean
    /** Models that the caller's key is bound to; null for all. */
    readonly models: readonly string[] | null
    /** Aborts when the caller has gone away or the deadline has passed. */
    readonly signal: AbortSignal
    /** A wire format that is not the native one; undefined for native records. */
    readonly format: MessageFormat | undefined
  }) => Promise<IntakeAnswer>
}

export interface IntakeAnswer {
  readonly accepted: number
  readonly rejected: readonly { index: number; reason: RejectReason; detail: string }[]
}

export interface Models {
  get: (model: string) => RegisteredModel | undefined
  list: () => RegisteredModel[]
  history: (model: string) => Promise<RegisteredModel[]>
  /** Throws MODEL_INVALID with `details.problems`. */
  put: (model: string, text: string, contentType: string) => Promise<RegisteredModel>
}

export interface Baselines {
  list: (model: string) => Promise<BaselineRecord[]>
  get: (model: string, baseline: string) => Promise<BaselineRecord | undefined>
  /** Throws BASELINE_INVALID. */
  create: (
    model: string,
    request: { name: string; definition: Readonly<Record<string, unknown>>; version?: string },
  ) => Promise<BaselineRecord>
}

/** What was computed, and single events. */
export interface Results {
  windows: (
    filter: { model: string; window?: string } & TimeRange,
    page: PageRequest<WindowKey>,
  ) => Promise<Page<WindowRecord, WindowKey>>
  metrics: (
    filter: MetricFilter,
    page: PageRequest<MetricKey>,
  ) => Promise<Page<MetricRecord, MetricKey>>
  event: (
    model: string,
    id: string,
  ) => Promise<{ event: EventRecord | null; label: LabelRecord | null }>
}

export interface Outliers {
  /** Newest first. */
  list: (
    filter: OutlierFilter,
    page: PageRequest<OutlierKey>,
  ) => Promise<Page<OutlierRecord, OutlierKey>>
}

/** Which comparison is to be taken apart. */
export interface ContributionsAsk {
  readonly metric: 'psi' | 'js' | 'linf'
  readonly slice?: string
  readonly window?: string
  readonly windowStart?: Date
  readonly baseline?: string
  readonly version?: string
  readonly variant?: string
}

/** The comparison that was taken apart. */
interface ComparedWindow {
  readonly model: string
  readonly metric: string
  readonly window: string
  readonly window_start: string
  readonly window_end: string
  readonly baseline: string
  readonly version: string
  readonly variant: string
}

export interface FeatureContributions extends ComparedWindow {
  readonly slice: string
  readonly feature: string
  readonly n_reference: number
  readonly n_current: number
  readonly bins: readonly {
    readonly name: object
    readonly label: string
    readonly reference_share: number
    readonly current_share: number
    readonly change: number
    readonly contribution: number
    readonly share: number
  }[]
}

export interface RankedContributions extends ComparedWindow {
  readonly method: string
  readonly ranking: readonly {
    readonly rank: number
    readonly feature: string
    readonly slice: string
    readonly value: number | null
    readonly effect: number
    readonly p_value: number | null
    readonly p_adjusted: number | null
    readonly noise_floor: number | null
    readonly share: number
    readonly significant: boolean
    readonly n_reference: number
    readonly n_current: number
  }[]
  readonly ranking_total: number
  readonly not_judged: number
}

/** What a drift is made of. Both throw REQUEST_INVALID, BASELINE_NOT_FOUND or CONTRIBUTIONS_NOT_FOUND. */
export interface Contributions {
  /** By the bins of one feature. */
  bins: (
    model: string,
    ask: ContributionsAsk & { readonly feature: string; readonly fine: boolean },
  ) => Promise<FeatureContributions>
  /** By features and slices. */
  ranking: (
    model: string,
    ask: ContributionsAsk & { readonly limit: number },
  ) => Promise<RankedContributions>
}

export interface SlicedQuery {
  /** Throws QUERY_INVALID with `details.problems`, or QUERY_TOO_EXPENSIVE. */
  run: (model: string, body: unknown) => Promise<SlicedAnswer>
}

export interface SlicedAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
  readonly truncated: boolean
  readonly statistics?: Readonly<Record<string, number>>
}

export interface Alerts {
  current: (
    filter: AlertFilter,
    page: PageRequest<AlertKey>,
  ) => Promise<Page<TransitionRecord, AlertKey>>
  transitions: (
    filter: TransitionFilter,
    page: PageRequest<TransitionKey>,
  ) => Promise<Page<TransitionRecord, TransitionKey>>
}

export interface Deliveries {
  list: (
    filter: DeliveryFilter,
    page: PageRequest<DeliveryKey>,
  ) => Promise<Page<DeliveryRecord, DeliveryKey>>
  /** Makes it due again under the same id. Answers the delivery's new state. */
  redeliver: (id: string) => Promise<string>
}

export interface DeadLetterId {
  readonly source: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface DeadLetters {
  list: (
    filter: DeadLetterFilter,
    page: PageRequest<DeadLetterPageKey>,
  ) => Promise<Page<DeadLetterRecord, DeadLetterPageKey>>
  /** Sends messages through the pipeline again: those named, or those that match. */
  replay: (request: {
    /** Models that the caller's key is bound to; null for all. */
    readonly models: readonly string[] | null
    readonly select: { readonly ids: readonly DeadLetterId[] } | { readonly filter: ReplayFilter }
  }) => Promise<{ replayed: number; accepted: number; rejected: number }>
}

export interface ReplayFilter extends TimeRange {
  readonly model?: string
  readonly reason?: string
}

/** Partitions that ingestion has halted because too much of them was refused. */
export interface Partitions {
  /** The last halt of each, those in force first. */
  list: () => Promise<readonly PartitionHalt[]>
  /** Lets it go on. Answers its new state; throws PARTITION_NOT_HALTED. */
  release: (partition: PartitionName, by: string) => Promise<PartitionHalt>
}

export interface Ledger {
  audit: () => Promise<LedgerAudit>
}

/** What readiness may hang on beside what every process must have; null: not asked. */
export interface ReadinessAsk {
  readonly maxStalenessSeconds: number | null
  readonly maxLagRecords: number | null
}

export interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>
}

/** A key as it is kept: the key itself is not. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  /** SHA-256 of the whole key, hex. */
  readonly digest: string
  readonly scopes: readonly Scope[]
  /** Only these models; null for all. */
  readonly models: readonly string[] | null
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
}

export interface ApiKeys {
  find: (id: string) => Promise<ApiKey | undefined>
  /** Whether any key was ever made: from then on the API is closed. */
  any: () => Promise<boolean>
}

/** Written before the change it tells of, so that none is without a trace. */
export interface AuditLog {
  record: (entry: {
    readonly actor: string
    readonly action: string
    readonly subject: string
    readonly detail: Readonly<Record<string, unknown>>
  }) => Promise<void>
}

/** Everything the API needs, by name. */
export interface AppDeps {
  readonly version: string
  readonly options?: Partial<ApiOptions>
  readonly logger?: FastifyBaseLogger
  readonly clock: { now: () => number }
  /** Metrics of the whole process, served at /metrics; the API adds its own. */
  readonly registry: Registry
  readonly keys: ApiKeys
  readonly audit: AuditLog
  readonly readiness: (ask: ReadinessAsk) => Promise<Readiness>
  readonly intake: Intake
  readonly models: Models
  readonly baselines: Baselines
  readonly results: Results
  readonly outliers: Outliers
  readonly contributions: Contributions
  readonly slicedQuery: SlicedQuery
  readonly alerts: Alerts
  readonly deliveries: Deliveries
  readonly deadLetters: DeadLetters
  readonly partitions: Partitions
  readonly ledger: Ledger
}

export interface ApiOptions {
  /** Health and metrics are answered by every process, events by those that take them, the rest by the api role. */
  readonly serves: 'everything' | 'events' | 'operations'
  /** Bytes of a request's body as sent. */
  readonly bodyLimitBytes: number
  /** Bytes of a body after gzip is undone. */
  readonly inflateLimitBytes: number
  /** Bytes of event bodies that may be held at once, all requests together. */
  readonly bodiesLimitBytes: number
  /** A request must have arrived within this. */
  readonly requestTimeoutMs: number
  /** And be answered within this. */
  readonly handlerTimeoutMs: number
  /** A connection may be silent for this long: more than any answer takes. */
  readonly connectionTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** Requests of one key, or of one address without a key; `max` 0 is no limit. */
  readonly rateLimit: { readonly max: number; readonly windowMs: number }
  /** Addresses (CIDR) of proxies whose X-Forwarded-For is believed. */
  readonly trustProxy: readonly string[]
}

export const defaultApiOptions: ApiOptions = {
  serves: 'everything',
  bodyLimitBytes: 16 * 1024 * 1024,
  inflateLimitBytes: 64 * 1024 * 1024,
  bodiesLimitBytes: 256 * 1024 * 1024,
  requestTimeoutMs: 30_000,
  handlerTimeoutMs: 55_000,
  connectionTimeoutMs: 60_000,
  keepAliveTimeoutMs: 72_000,
  rateLimit: { max: 120_000, windowMs: 60_000 },
  trustProxy: [],
}
