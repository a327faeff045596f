import type { Logger } from 'pino'

/** What happens to outlier models in the monitor. */
export interface OutlierEvents {
  fitted: (facts: { model: string; revision: number; method: string; n: number }) => void
  /** What keeps a model's events from being scored. */
  waiting: (model: string, why: string) => void
  failed: (model: string, error: unknown) => void
}

export function createOutlierEvents(log: Logger): OutlierEvents {
  const waiting = new Map<string, string>()
  return {
    fitted: (facts) => {
      waiting.delete(facts.model)
      log.info(facts, 'outlier model fitted, events are scored by it from now on')
    },
    waiting: (model, why) => {
      // Asked again and again: told once.
      if (waiting.get(model) === why) return
      waiting.set(model, why)
      log.info({ model, why }, 'events are not scored yet')
    },
    failed: (model, error) => {
      log.error({ model, err: error }, 'outlier model could not be fitted, it is tried again')
    },
  }
}
