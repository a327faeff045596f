import { CategoryColumn, CountColumn, NumberColumn, TimeColumn } from './arrow-columns.ts'
import { constantTime } from './arrow-sparse-columns.ts'
import { arrowStream } from './arrow-stream.ts'
import type { Store } from './client.ts'
import type { MetricRow } from './queries/metric-row.ts'

const texts = [
  'model',
  'version',
  'variant',
  'window',
  'slice',
  'feature',
  'metric',
  'method',
  'baseline',
  'status',
] as const
const numbers = [
  ['value', 'value'],
  ['p_value', 'pValue'],
  ['p_adjusted', 'pAdjusted'],
  ['effect', 'effect'],
  ['noise_floor', 'noiseFloor'],
  ['label_coverage', 'labelCoverage'],
] as const
const counts = [
  ['n_reference', 'nReference'],
  ['n_current', 'nCurrent'],
  ['revision', 'revision'],
] as const

/**
 * Writes metric rows in columns: a window of a model with slices is thousands of them. Rows replace
 * each other by key and revision, so the same call again is harmless.
 */
export async function insertMetrics(
  store: Pick<Store, 'insertArrow'>,
  rows: readonly MetricRow[],
  written: { readonly at: number; readonly retentionDays: number },
): Promise<void> {
  if (rows.length === 0) return
  const textColumns = texts.map((name) => new CategoryColumn(name))
  const numberColumns = numbers.map(([name]) => new NumberColumn(name))
  const countColumns = counts.map(([name]) => new CountColumn(name))
  const start = new TimeColumn('window_start')
  const end = new TimeColumn('window_end')
  const deleteAfter = new TimeColumn('delete_after')
  rows.forEach((row, i) => {
    texts.forEach((name, column) => textColumns[column]?.set(i, row[name]))
    numbers.forEach(([, name], column) => numberColumns[column]?.set(i, row[name] ?? NaN))
    counts.forEach(([, name], column) => countColumns[column]?.set(i, row[name]))
    start.set(i, row.windowStart)
    end.set(i, row.windowEnd)
    // History that is loaded late is kept as long as what is new.
    deleteAfter.set(
      i,
      Math.min(
        Math.max(row.windowEnd, written.at) + written.retentionDays * 86_400_000,
        lastDateMs,
      ),
    )
  })
  const columns = [
    ...textColumns,
    ...numberColumns,
    ...countColumns,
    start,
    end,
    deleteAfter,
    constantTime('computed_at', written.at),
  ]
  await store.insertArrow({
    table: 'metrics',
    columns: columns.map(({ name }) => name),
    arrow: arrowStream(columns, rows.length),
  })
}

// A Date of ClickHouse counts days in 16 bits, up to 2149-06-06.
const lastDateMs = Date.UTC(2149, 5, 6)
