import { createHash } from 'node:crypto'
import type { AlertState } from '../core/names.ts'

/** What one state of a monitor is about. */
export interface Series {
  readonly model: string
  readonly monitor: string
  readonly version: string
  readonly variant: string
  readonly slice: string
  readonly feature: string
}

/** 24 hex digits that stand for a series. */
export function seriesId(series: Series): string {
  const { model, monitor, version, variant, slice, feature } = series
  const text = JSON.stringify([model, monitor, version, variant, slice, feature])
  return createHash('sha256').update(text).digest('hex').slice(0, 24)
}

/**
 * `tr_<series>_<window start, epoch seconds>_<state>`: the same however often the window is computed
 * again. Readable on purpose: what a receiver has been told follows from the ids it was sent
 * (store/queries/deliveries-told.ts), even after late data has withdrawn the transition.
 */
export function transitionId(series: string, windowStart: number, to: AlertState): string {
  return `tr_${series}_${windowStart / 1000}_${to}`
}
