import { adwin } from './adwin.ts'
import { cusum } from './cusum.ts'
import { ddm } from './ddm.ts'
import { type SequentialDetector, type State, type Step } from './detector.ts'
import { eddm } from './eddm.ts'
import { ewma } from './ewma.ts'
import { hddmA } from './hddm-a.ts'
import { hddmW } from './hddm-w.ts'
import { kswin } from './kswin.ts'
import { pageHinkleyFading } from './page-hinkley-fading.ts'
import { pageHinkley } from './page-hinkley.ts'

/** Any detector, for code that knows parameters and states as JSON only. */
export type AnySequentialDetector = SequentialDetector

/** Every sequential detector. The first of a metric is its default method. */
export const sequentialDetectors: readonly AnySequentialDetector[] = [
  pageHinkley,
  pageHinkleyFading,
  cusum,
  ewma,
  adwin,
  kswin,
  ddm,
  eddm,
  hddmA,
  hddmW,
]

/** The detector of a method id, or the default one of a metric; undefined when there is neither. */
export function sequentialDetectorNamed(name: string): AnySequentialDetector | undefined {
  return (
    sequentialDetectors.find(({ method }) => method === name) ??
    sequentialDetectors.find(({ metric }) => metric === name)
  )
}

/**
 * A whole series, oldest first, from a stored state or a fresh one: the steps that were no `none`,
 * each with its place, and the state to go on from. Going on from there is the same as having read
 * both parts at once.
 */
export function replay(
  detector: AnySequentialDetector,
  state: State,
  series: Iterable<number>,
): { readonly state: State; readonly changes: readonly Told[] } {
  const changes: Told[] = []
  let at = 0
  for (const value of series) {
    const { state: next, ...verdict } = detector.update(state as State<object>, value)
    state = next
    if (verdict.change !== 'none') changes.push({ at, ...verdict })
    at++
  }
  return { state, changes }
}

/** A warning or a drift, at the value of this number, counted from zero. */
export type Told = Omit<Step<State>, 'state'> & { readonly at: number }
