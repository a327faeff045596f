import { durableInsert, type Query, type Statement } from '../query.ts'

/** What its table says of one computed window. */
export interface WindowState {
  /** Epoch ms. */
  readonly start: number
  /** Events; labelled events in table outcome_windows. */
  readonly n: number
  /** How often the content changed. */
  readonly revision: number
  /** How often it was computed: the revision of its rows in table profiles or outcomes. */
  readonly computations: number
  /** Unsigned 64-bit, as digits. */
  readonly content: string
  readonly binning: number
}

/** Where computed windows are recorded: counted from events, or from events and their labels. */
export type WindowTable = 'windows' | 'outcome_windows'

export interface WindowSeries {
  readonly table: WindowTable
  readonly model: string
  /** Width by name: 5m, 1h, 1d. */
  readonly window: string
  readonly windowMs: number
}

const read = (table: WindowTable): string => `
SELECT
  toInt64(toUnixTimestamp(window_start)) * 1000 AS start,
  n, revision, computations, toString(content) AS content_digits, binning
FROM ${table} FINAL
WHERE model = {model:String} AND window = {window:String}
  AND window_start IN (SELECT toDateTime(intDiv(arrayJoin({starts:Array(Int64)}), 1000), 'UTC'))
ORDER BY window_start`

/** The windows of these starts (epoch ms) that were computed before, oldest first. */
export function windowStates(
  { table, model, window }: Pick<WindowSeries, 'table' | 'model' | 'window'>,
  starts: readonly number[],
): Query<WindowState> {
  return {
    name: 'window-states',
    sql: read(table),
    params: { model, window, starts },
    toRow: (raw) => ({
      start: Number(raw['start']),
      n: Number(raw['n']),
      revision: Number(raw['revision']),
      computations: Number(raw['computations']),
      content: String(raw['content_digits']),
      binning: Number(raw['binning']),
    }),
  }
}

const write = (table: WindowTable): string => `
INSERT INTO ${table} (model, window, window_start, window_end, n, revision, computations, content, binning, computed_at, delete_after)
SELECT
  {model:String}, {window:String},
  toDateTime(intDiv(w.1, 1000), 'UTC') AS start, toDateTime(intDiv(w.1 + {width:Int64}, 1000), 'UTC'),
  w.2, w.3, w.4, toUInt64(w.5), w.6,
  fromUnixTimestamp64Milli({now:Int64}, 'UTC') AS computed, greatest(toDate(start), toDate(computed)) + {days:UInt32}
FROM (
  SELECT arrayJoin(arrayZip({starts:Array(Int64)}, {ns:Array(UInt64)}, {revisions:Array(UInt32)},
    {computations:Array(UInt32)}, {contents:Array(String)}, {binnings:Array(UInt32)})) AS w
)`

/**
 * Records computed windows. This is what makes their profiles or sums count, so it is written last; a crash
 * before it leaves the windows as they were.
 */
export function recordWindows(
  { table, model, window, windowMs }: WindowSeries,
  states: readonly WindowState[],
  { now, days }: { readonly now: number; readonly days: number },
): Statement {
  const values = {
    starts: states.map((s) => s.start),
    ns: states.map((s) => s.n),
    revisions: states.map((s) => s.revision),
    computations: states.map((s) => s.computations),
    contents: states.map((s) => s.content),
    binnings: states.map((s) => s.binning),
  }
  return {
    name: 'record-windows',
    sql: write(table),
    params: { ...values, model, window, width: windowMs, now, days },
    settings: durableInsert,
  }
}
