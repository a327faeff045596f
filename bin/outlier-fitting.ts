import { createOutlierEvents } from '../monitor/outlier-events.ts'
import { OutlierFits } from '../monitor/outlier-fits.ts'
import type { Ownership } from '../monitor/ownership.ts'
import { every } from './every.ts'
import type { Shared } from './shared.ts'

/** Of so many looks of the monitor one asks whether outlier models are due. */
const monitorLooks = 5

/** Keeps the outlier models of this process's models fitted, until the signal. */
export function fitOutlierModels(
  { store, registry, clock, config, log }: Shared,
  owns: Ownership,
  signal: AbortSignal,
): Promise<void> {
  const fits = new OutlierFits({ store, registry, clock, owns, events: createOutlierEvents(log) })
  const what = 'fit outlier models'
  return every(config.monitor.intervalMs * monitorLooks, () => fits.fitDue(), { signal, log, what })
}
