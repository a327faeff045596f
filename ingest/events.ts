import type { Logger } from 'pino'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { rejectReasons, type RejectReason } from '../core/names.ts'

/** What happens at the ingest, each happening one function: its counters and its log line cannot disagree. */
export interface IngestEvents {
  committed: (facts: {
    rows: number
    labels: number
    rejected: number
    inserts: number
    seconds: number
  }) => void
  accepted: (model: string, source: string, rows: number) => void
  labelled: (source: string, labels: number) => void
  rejected: (reason: RejectReason) => void
  refused: (queuedBytes: number) => void
  queued: (bytes: number) => void
  retried: (operation: string, attempt: number, error: unknown) => void
  abandoned: (records: number, error: unknown) => void
  halvesWaiting: (halves: number) => void
}

function declareMetrics(registry: Registry) {
  const registers = [registry]
  const events = new Counter({
    name: 'tidegauge_ingest_events_total',
    help: 'Events stored and acknowledged. A model whose rate falls to zero has lost its producer.',
    labelNames: ['model', 'source'],
    registers,
  })
  const labels = new Counter({
    name: 'tidegauge_ingest_labels_total',
    help: 'Labels stored and acknowledged.',
    labelNames: ['source'],
    registers,
  })
  const rejects = new Counter({
    name: 'tidegauge_ingest_rejected_total',
    help: 'Records kept as dead letters. Look at GET /v1/dead-letters for what was sent, mend the producer, replay.',
    labelNames: ['reason'],
    registers,
  })
  const overload = new Counter({
    name: 'tidegauge_ingest_overload_total',
    help: 'Requests answered 429 because ingest.queue_bytes was full: the store is slower than the producers.',
    registers,
  })
  const queue = new Gauge({
    name: 'tidegauge_ingest_queue_bytes',
    help: 'Bytes received and not yet acknowledged.',
    registers,
  })
  const commits = new Histogram({
    name: 'tidegauge_ingest_commit_seconds',
    help: 'From closing a batch until its ledger row is durable. Near the flush interval, the store is the bottleneck.',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  const inserts = new Counter({
    name: 'tidegauge_ingest_inserts_total',
    help: 'INSERT statements sent. Above about 20 a second the store merges more than it should.',
    registers,
  })
  const retries = new Counter({
    name: 'tidegauge_ingest_retries_total',
    help: 'Writes tried again after the store was unavailable.',
    labelNames: ['operation'],
    registers,
  })
  const halves = new Gauge({
    name: 'tidegauge_ingest_halves_waiting',
    help: 'Requests and responses that wait for their other half. Growing without end, one side is not logged or not consumed.',
    registers,
  })
  return { events, labels, rejects, overload, queue, commits, inserts, retries, halves }
}

export function createIngestEvents(registry: Registry, log: Logger): IngestEvents {
  const { events, labels, rejects, overload, queue, commits, inserts, retries, halves } =
    declareMetrics(registry)
  // A counter that begins with its first happening hides exactly that one from rate() and increase().
  for (const reason of rejectReasons) rejects.inc({ reason }, 0)
  return {
    committed: (facts) => {
      commits.observe(facts.seconds)
      inserts.inc(facts.inserts)
      log.debug(facts, 'batch committed')
    },
    accepted: (model, source, rows) => {
      events.inc({ model, source }, rows)
    },
    labelled: (source, told) => {
      labels.inc({ source }, told)
    },
    rejected: (reason) => {
      rejects.inc({ reason })
    },
    refused: (queuedBytes) => {
      overload.inc()
      log.warn({ queuedBytes }, 'ingest queue full, answered 429')
    },
    queued: (bytes) => {
      queue.set(bytes)
    },
    retried: (operation, attempt, error) => {
      retries.inc({ operation })
      log.warn({ operation, attempt, err: error }, 'store unavailable, trying again')
    },
    abandoned: (records, error) => {
      log.error(
        { records, err: error },
        'batch given up, its senders were answered 503 and must send again',
      )
    },
    halvesWaiting: (waiting) => {
      halves.set(waiting)
    },
  }
}
