import type { ModelSpec } from '../../../core/model-spec.ts'
import type { ModelBinning } from '../../../store/binning.ts'
import type { Store } from '../../../store/client.ts'
import { insertRows } from '../../../store/insert-rows.ts'
import { mergeOutcomes, type Outcomes } from '../../../store/queries/merge-outcomes.ts'
import { outcomeContents } from '../../../store/queries/outcome-contents.ts'
import { outcomeWindows } from '../../../store/queries/outcome-windows.ts'
import type { WindowContent } from '../../../store/queries/profile-contents.ts'
import { recordWindows } from '../../../store/queries/profile-window-states.ts'
import { durationName } from '../../../core/duration.ts'
import { run } from './profile-fixture.ts'

export interface TestLabel {
  readonly id: string
  readonly label: string
  readonly ts: number
  readonly ingestedAt: number
}

export async function insertLabels(
  store: Store,
  model: string,
  labels: readonly TestLabel[],
): Promise<void> {
  await insertRows(
    store,
    'labels',
    ['model', 'event_id', 'label', 'ts', 'ingested_at'],
    labels.map((l) => [model, l.id, l.label, new Date(l.ts), new Date(l.ingestedAt)]),
  )
}

/** Sums and records base windows, as the monitor does. */
export async function sumOutcomes(
  store: Store,
  { spec, binning }: { readonly spec: ModelSpec; readonly binning: ModelBinning },
  starts: readonly number[],
  computation = 1,
): Promise<WindowContent[]> {
  const windows = starts.map((start) => ({ start, revision: computation, n: 10 }))
  await run(store, outcomeWindows({ spec, binning, windows }))
  const contents = await store.query(outcomeContents(spec.model, windows))
  const { model, windowMs } = spec
  const series = {
    table: 'outcome_windows' as const,
    model,
    window: durationName(windowMs),
    windowMs,
  }
  await store.command(
    recordWindows(
      series,
      contents.map((c) => ({ ...c, revision: 1, computations: computation, binning: binning.id })),
      { now: starts[0]!, days: 20_000 },
    ),
  )
  return contents
}

export const merged = (
  store: Store,
  spec: ModelSpec,
  widthMs: number,
  starts: readonly number[],
): Promise<Outcomes[]> =>
  store.query(
    mergeOutcomes({
      model: spec.model,
      baseWindow: durationName(spec.windowMs),
      widthMs,
      starts,
    }),
  )
