import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { colours, stat, timeSeries } from '../panel-frame.ts'
import { instant, prometheus, promql } from '../prometheus-query.ts'

const here = '{instance=~"$instance"}'

/** Increase a second of a counter, by some of its labels. */
const rate = (metric: string, by: string): string =>
  `sum by (${by}) (rate(${metric}${here}[$__rate_interval]))`

const quantile = (q: number, metric: string, by = ''): string =>
  `histogram_quantile(${q}, sum by (le${by === '' ? '' : `, ${by}`}) (rate(${metric}_bucket${here}[$__rate_interval])))`

const lines = (
  title: string,
  question: string,
  unit: string,
  ...queries: readonly Builder<Dataquery>[]
): Builder<Panel> =>
  timeSeries({
    title,
    question,
    nothing:
      'Nothing in this range: this part of the service did not run, or Prometheus does not scrape it.',
    unit,
    queries,
    source: prometheus,
  })

export const health = (): Builder<Panel> =>
  stat({
    title: 'Is the service well?',
    question:
      'What needs a human? Halted and stopped partitions, webhooks nobody got, failed evaluations and lost offsets of the range must be 0; docs/runbook.md says what to do about each.',
    nothing: 'Prometheus has no metrics of the service: does it scrape GET /metrics?',
    unit: 'short',
    source: prometheus,
    queries: [
      instant(`count(tidegauge_build_info${here})`, 'instances', 'A'),
      instant(
        `sum(tidegauge_ingest_partition_halted${here}) or vector(0)`,
        'halted partitions',
        'B',
      ),
      instant(
        `sum(tidegauge_ingest_kafka_stopped_partitions${here}) or vector(0)`,
        'stopped partitions',
        'C',
      ),
      instant(
        `sum(increase(tidegauge_alerts_deliveries_total{instance=~"$instance",state="dead"}[$__range])) or vector(0)`,
        'dead webhooks',
        'D',
      ),
      instant(
        `sum(increase(tidegauge_monitor_failures_total${here}[$__range])) or vector(0)`,
        'failed evaluations',
        'E',
      ),
      instant(
        `sum(increase(tidegauge_ingest_kafka_lost_offsets_total${here}[$__range])) or vector(0)`,
        'lost offsets',
        'F',
      ),
    ],
  })
    .decimals(0)
    .thresholds(colours('green', [1, 'red']))
    .overrideByName('instances', [
      { id: 'thresholds', value: colours('red', [1, 'green']).build() },
    ])

export const behind = (): Builder<Panel> =>
  stat({
    title: 'How far behind?',
    question:
      'Are verdicts late? Messages of Kafka that are not yet stored, windows that wait, and the longest time from the end of a window until its metrics were written.',
    nothing: 'Prometheus has no metrics of the service: does it scrape GET /metrics?',
    unit: 'short',
    source: prometheus,
    queries: [
      instant(`sum(tidegauge_ingest_kafka_lag${here}) or vector(0)`, 'messages behind', 'A'),
      instant(`sum(tidegauge_monitor_pending_windows${here}) or vector(0)`, 'windows waiting', 'B'),
      instant(`max(tidegauge_monitor_window_delay_seconds${here})`, 'window delay', 'C'),
    ],
  })
    .thresholds(colours('text'))
    .overrideByName('window delay', [{ id: 'unit', value: 's' }])

export const lag = (): Builder<Panel> =>
  lines(
    'Kafka lag',
    'Does ingestion keep up? Messages not yet stored, by topic. Growing without end: the store or the instances are too slow; add instances up to the number of partitions.',
    'short',
    promql(`sum by (cluster, topic) (tidegauge_ingest_kafka_lag${here})`, '{{cluster}} {{topic}}'),
  )

export const throughput = (): Builder<Panel> =>
  lines(
    'Events stored',
    'Who sends how much? Events stored and acknowledged a second; a model whose line falls to zero has lost its producer.',
    'eps',
    promql(rate('tidegauge_ingest_events_total', 'model'), '{{model}}'),
  )

export const labels = (): Builder<Panel> =>
  lines(
    'Labels',
    'Does the truth arrive, and does it fit? Labels stored, and of those looked up the ones that came late or match no event.',
    'cps',
    promql(rate('tidegauge_ingest_labels_total', 'source'), 'stored from {{source}}'),
    promql(rate('tidegauge_monitor_labels_total', 'found'), '{{found}}', 'B'),
  )

export const rejected = (): Builder<Panel> =>
  lines(
    'Refused records',
    'Is somebody sending what cannot be read? By reason; look at GET /v1/dead-letters, mend the producer, replay.',
    'cps',
    promql(rate('tidegauge_ingest_rejected_total', 'reason'), '{{reason}}'),
  )

export const commits = (): Builder<Panel> =>
  lines(
    'Time to commit a batch',
    'Is the store the bottleneck? From closing a batch until its ledger row is durable.',
    's',
    promql(quantile(0.5, 'tidegauge_ingest_commit_seconds'), 'median'),
    promql(quantile(0.99, 'tidegauge_ingest_commit_seconds'), '99th percentile', 'B'),
    promql(
      quantile(0.99, 'tidegauge_ingest_kafka_commit_seconds'),
      'offsets, 99th percentile',
      'C',
    ),
  )

export const pressure = (): Builder<Panel> =>
  lines(
    'Bytes in flight',
    'Does work pile up in memory? Received over HTTP and fetched from Kafka, not yet durable.',
    'bytes',
    promql(`sum(tidegauge_ingest_queue_bytes${here})`, 'HTTP'),
    promql(`sum(tidegauge_ingest_kafka_buffered_bytes${here})`, 'Kafka', 'B'),
  )

export const inserts = (): Builder<Panel> =>
  lines(
    'Inserts and retries',
    'Is the store well? More than about 20 inserts a second make more parts than it should merge; retries are failures that it recovered from; 429 are requests turned away.',
    'ops',
    promql(rate('tidegauge_ingest_inserts_total', 'instance'), 'inserts {{instance}}'),
    promql(rate('tidegauge_ingest_retries_total', 'operation'), 'retries {{operation}}', 'B'),
    promql(
      `sum(rate(tidegauge_ingest_overload_total${here}[$__rate_interval]))`,
      'answered 429',
      'C',
    ),
  )

export const windowDelay = (): Builder<Panel> =>
  lines(
    'Window delay by model',
    'How late are verdicts? From the end of the newest window until its metrics were written; near the lateness of the model is normal.',
    's',
    promql(`max by (model) (tidegauge_monitor_window_delay_seconds${here})`, '{{model}}'),
  )

export const pending = (): Builder<Panel> =>
  lines(
    'Windows waiting',
    'Does the monitor keep up? Touched and not evaluated yet, by model; growing without end it is too slow, or a baseline is missing.',
    'short',
    promql(`sum by (model) (tidegauge_monitor_pending_windows${here})`, '{{model}}'),
  )

export const evaluation = (): Builder<Panel> =>
  lines(
    'Time to evaluate',
    'What does the monitor spend its time on? One width of one model, and one look at the ledger with all that followed.',
    's',
    promql(quantile(0.99, 'tidegauge_monitor_evaluation_seconds'), 'evaluation, 99th percentile'),
    promql(quantile(0.99, 'tidegauge_monitor_tick_seconds'), 'tick, 99th percentile', 'B'),
  )

export const evaluated = (): Builder<Panel> =>
  lines(
    'Windows and metrics written',
    'Who costs what? Windows evaluated and rows written to table metrics a second; failures are tried again, and no alert changes meanwhile.',
    'cps',
    promql(rate('tidegauge_monitor_windows_total', 'model'), 'windows {{model}}'),
    promql(
      rate('tidegauge_monitor_labelled_windows_total', 'model'),
      'labelled windows {{model}}',
      'B',
    ),
    promql(rate('tidegauge_monitor_metric_rows_total', 'model'), 'rows {{model}}', 'C'),
    promql(rate('tidegauge_monitor_failures_total', 'model'), 'failures {{model}}', 'D'),
  )

export const transitions = (): Builder<Panel> =>
  lines(
    'Changes of alerts',
    'Is something happening? By the state entered; withdrawn where late data undid one.',
    'cps',
    promql(rate('tidegauge_alerts_transitions_total', 'state'), '{{state}}'),
  )

export const webhooks = (): Builder<Panel> =>
  lines(
    'Webhooks',
    'Do receivers answer? Attempts by outcome, deliveries by their final state, and times the outbox could not be read or written.',
    'cps',
    promql(rate('tidegauge_alerts_attempts_total', 'outcome'), 'attempt: {{outcome}}'),
    promql(rate('tidegauge_alerts_deliveries_total', 'state'), 'delivery: {{state}}', 'B'),
    promql(
      `sum(rate(tidegauge_alerts_outbox_failures_total${here}[$__rate_interval]))`,
      'outbox failures',
      'C',
    ),
  )

export const requests = (): Builder<Panel> =>
  lines(
    'Time to answer requests',
    'Is the API slow, and where? 99th percentile by route.',
    's',
    promql(quantile(0.99, 'tidegauge_api_request_duration_seconds', 'route'), '{{route}}'),
  )

export const failures = (): Builder<Panel> =>
  lines(
    'Requests by class of answer',
    'Do requests fail? 5xx are ours, 4xx the callers’.',
    'reqps',
    promql(
      rate('tidegauge_api_request_duration_seconds_count', 'status_class'),
      '{{status_class}}',
    ),
  )

export const group = (): Builder<Panel> =>
  lines(
    'Consumer group',
    'Is the group calm? Rebalances that go on: an instance comes and goes. Seconds since a broker answered must stay small; the process ends itself beyond a minute or two.',
    'short',
    promql(
      `sum by (instance) (increase(tidegauge_ingest_kafka_rebalances_total${here}[$__rate_interval]))`,
      'rebalances {{instance}}',
    ),
    promql(
      `max by (instance) (tidegauge_ingest_kafka_seconds_since_alive${here})`,
      'seconds since alive {{instance}}',
      'B',
    ),
    promql(
      `sum by (topic) (tidegauge_ingest_kafka_paused_partitions${here})`,
      'paused {{topic}}',
      'C',
    ),
    promql(
      `sum by (cluster) (increase(tidegauge_ingest_kafka_stale_slices_total${here}[$__rate_interval]))`,
      'stale slices {{cluster}}',
      'D',
    ),
  )

export const cpu = (): Builder<Panel> =>
  lines(
    'CPU and event loop',
    'Is a process busy? Cores in use, and how late timers fire at the 99th percentile: beyond a second requests and heartbeats suffer.',
    'short',
    promql(
      `sum by (instance) (rate(process_cpu_seconds_total${here}[$__rate_interval]))`,
      'cores {{instance}}',
    ),
    promql(
      `max by (instance) (nodejs_eventloop_lag_p99_seconds${here})`,
      'event loop lag, seconds {{instance}}',
      'B',
    ),
  )

export const memory = (): Builder<Panel> =>
  lines(
    'Memory',
    'Does memory grow without end? Resident memory and used heap; the embedded engine’s memory counts as resident.',
    'bytes',
    promql(`sum by (instance) (process_resident_memory_bytes${here})`, 'resident {{instance}}'),
    promql(`sum by (instance) (nodejs_heap_size_used_bytes${here})`, 'heap {{instance}}', 'B'),
  )
