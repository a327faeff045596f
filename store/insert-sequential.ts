import { arrowRows } from './arrow-rows.ts'
import { arrowStream } from './arrow-stream.ts'
import type { Store } from './client.ts'
import { insertRows } from './insert-rows.ts'
import type { SequentialRuleRow } from './queries/sequential-rules-read.ts'
import type { SequentialSeries } from './queries/sequential-series.ts'

/** Where a series stands after one window. */
export interface SequentialStateRow extends SequentialSeries {
  readonly model: string
  /** Width by name. */
  readonly window: string
  /** Epoch ms. */
  readonly start: number
  readonly end: number
  /** JSON. */
  readonly state: string
  /** Values read so far. */
  readonly n: number
  /** Unsigned, below 2^53. */
  readonly content: number
  readonly revision: number
}

/** Stores states; of one window the greatest revision counts, so the same call again is harmless. */
export async function insertSequentialStates(
  store: Pick<Store, 'insertArrow'>,
  rows: readonly SequentialStateRow[],
  written: { readonly at: number; readonly retentionDays: number },
): Promise<void> {
  if (rows.length === 0) return
  const keptMs = written.retentionDays * 86_400_000
  const columns = arrowRows(rows, [
    ['model', 'category', (row) => row.model],
    ['window', 'category', (row) => row.window],
    ['window_start', 'time', (row) => row.start],
    ['rule', 'category', (row) => row.rule],
    ['version', 'category', (row) => row.version],
    ['variant', 'category', (row) => row.variant],
    ['slice', 'category', (row) => row.slice],
    ['feature', 'category', (row) => row.feature],
    ['baseline', 'category', (row) => row.baseline],
    ['state', 'text', (row) => row.state],
    ['n', 'count', (row) => row.n],
    ['content', 'count', (row) => row.content],
    ['revision', 'count', (row) => row.revision],
    ['delete_after', 'time', (row) => Math.min(Math.max(row.end, written.at) + keptMs, lastDateMs)],
  ])
  await store.insertArrow({
    table: 'sequential_states',
    columns: columns.map(({ name }) => name),
    arrow: arrowStream(columns, rows.length),
  })
}

// A Date of ClickHouse counts days in 16 bits, up to 2149-06-06.
const lastDateMs = Date.UTC(2149, 5, 6)

/** Stores which rules of a model are complete; the row that changed last counts. */
export async function insertSequentialRules(
  store: Pick<Store, 'command'>,
  model: string,
  rules: readonly SequentialRuleRow[],
  now: number,
): Promise<void> {
  if (rules.length === 0) return
  const columns = ['model', 'window', 'rule', 'scope', 'complete', 'changed_at']
  const changedAt = new Date(now)
  await insertRows(
    store,
    'sequential_rules',
    columns,
    rules.map(({ window, rule, scope, complete }) => [
      ...[model, window, rule, scope, complete, changedAt],
    ]),
  )
}
