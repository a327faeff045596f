import type { ModelSpec } from '../../core/model-spec.ts'
import type { ModelBinning } from '../binning.ts'
import type { Statement } from '../query.ts'
import { labelsOfEvents } from './labels-of-events.ts'
import { measuresOf } from './outcome-measures.ts'
import { sliceKeyColumn } from './profile-slices.ts'
import { eventsRelation, insertSelectSettings } from './profile-source.ts'
import { joinedRanges, retentionDays, type WindowRevision } from './profile-windows.ts'

/** A base window, its start in epoch ms, the revision its rows get, and how many events it holds. */
export interface OutcomeWindow extends WindowRevision {
  readonly n: number
}

export interface OutcomeWindowsInput {
  readonly spec: ModelSpec
  readonly binning: ModelBinning
  readonly windows: readonly OutcomeWindow[]
}

// The labels of a statement's events are in memory together: about 100 bytes each.
const maxEventsAStatement = 1_000_000
// Windows apart from each other become conditions of their own.
const maxRangesAStatement = 64

/**
 * Statements that join the events of base windows with their labels and write the sums of every
 * measure, arm and slice into table `outcomes`. A group without labels has rows too: wider windows need to
 * know what was predicted. Rows count once their revision stands in table `outcome_windows`.
 */
export function outcomeWindows({ spec, binning, windows }: OutcomeWindowsInput): Statement[] {
  const chunks: OutcomeWindow[][] = []
  let events = 0
  let separate = 0
  for (const window of [...windows].sort((a, b) => a.start - b.start)) {
    const last = chunks.at(-1)
    const apart = last?.at(-1)?.start !== window.start - spec.windowMs
    events += window.n
    separate += apart ? 1 : 0
    if (last === undefined || separate > maxRangesAStatement || events > maxEventsAStatement) {
      chunks.push([window])
      events = window.n
      separate = 1
    } else last.push(window)
  }
  return chunks.map((chunk) => outcomeStatement({ spec, binning, windows: chunk }))
}

function outcomeStatement({ spec, binning, windows }: OutcomeWindowsInput): Statement {
  const slices = [...binning.slices.values()].map((slice, i) => sliceKeyColumn(slice, `s${i}`))
  const measures = measuresOf(spec)
  const relation = eventsRelation(spec, joinedRanges(windows, spec.windowMs))
  const params: Record<string, unknown> = { ...relation.params }
  for (const [i, slice] of slices.entries())
    Object.assign(params, slice.params, { [`s${i}_names`]: slice.names })
  for (const measure of measures) Object.assign(params, measure.params(spec))
  const sliceKeys = slices.map((_, i) => `s${i}`)
  const keys = ['w', 'version', 'variant']
  const sets = ['', ...sliceKeys.map((s) => `, ${s}`)].map((s) => `(${keys.join(', ')}${s})`)
  const names = sliceKeys.map((s) => `${s} > 0, {${s}_names:Array(String)}[${s}]`)
  return {
    name: 'outcome-windows',
    sql: `INSERT INTO outcomes (model, window_start, version, variant, slice, measure, predicted, labelled, fingerprint, sums, revision, delete_after)
SELECT
  {model:String}, toDateTime(intDiv(w, 1000), 'UTC') AS window_start, version, variant,
  ${names.length === 0 ? "''" : `multiIf(${names.join(', ')}, '')`} AS slice,
  m.1 AS measure, predicted, labelled, fingerprint, m.2 AS sums,
  {revisions:Array(UInt32)}[indexOf({starts:Array(Int64)}, w)],
  greatest(toDate(window_start), today()) + {days:UInt32}
FROM (
  SELECT ${[...keys, ...sliceKeys].join(', ')},
    count() AS predicted, count(label) AS labelled, groupBitXor(label_hash) AS fingerprint,
    [${measures.map(({ sums }, i) => `({measures:Array(String)}[${i + 1}], ${sums})`).join(',\n     ')}] AS measured
  FROM (
    SELECT ${[...keys, ...sliceKeys].join(', ')}, label,
        if(label IS NULL, 0, cityHash64(event_id, assumeNotNull(label))) AS label_hash,
        ${measures.map(({ values }) => values).join(',\n        ')}
    FROM (
      SELECT event_id, ts, intDiv(toUnixTimestamp64Milli(ts), ${spec.windowMs}) * ${spec.windowMs} AS w,
        version, variant, prediction, score, scores${slices.map(({ expression }, i) => `,\n        ${expression} AS s${i}`).join('')}
      FROM ${relation.from}
      WHERE ${relation.where}
    ) AS e
    LEFT ANY JOIN (
      ${labelsOfEvents(relation)}
    ) AS l USING (event_id)
  )
  GROUP BY GROUPING SETS (${sets.join(', ')})
)
ARRAY JOIN measured AS m`,
    params: {
      ...params,
      model: spec.model,
      measures: measures.map(({ name }) => name),
      starts: windows.map(({ start }) => start),
      revisions: windows.map(({ revision }) => revision),
      days: retentionDays(spec.retentionMs.profiles),
    },
    // Events and labels are sharded by the same hash of the event id, so each shard joins its own.
    settings: { ...insertSelectSettings, distributed_product_mode: 'local' },
  }
}
