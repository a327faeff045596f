import { durationName } from '../core/duration.ts'
import { needsLabels } from '../detectors/performance/catalogue.ts'
import { changePointMethod, sequentialMetricNames } from '../detectors/sequential/window-series.ts'
import type { Store } from '../store/client.ts'
import {
  retractSequential,
  unfollowedRules,
  type FollowedSeries,
  type SequentialScope,
} from '../store/queries/retract-sequential.ts'
import type { MonitoredPart, SequentialRule } from './sequential-rules.ts'

/** Windows that were just evaluated, from the first on. */
export interface SequentialRange {
  readonly model: string
  readonly windowMs: number
  /** Epoch ms. */
  readonly from: number
  /** Whose metrics were written. */
  readonly part: MonitoredPart
  /** Every rule of this part and width, with the names under which it has results here. */
  readonly followed: ReadonlyMap<SequentialRule, ReadonlySet<string>>
}

/**
 * What a rule found that the model file no longer has stands as long as its windows do. From a window that is
 * evaluated again on it would be of values that are no more, and nobody follows these: it is retracted.
 */
export async function retractUnfollowed(
  store: Pick<Store, 'query' | 'command'>,
  { model, windowMs, from, part, followed }: SequentialRange,
): Promise<void> {
  const scope: SequentialScope = {
    model,
    window: durationName(windowMs),
    from,
    followed: [...followed].flatMap(([rule, names]) => followedSeries(rule, names)),
    metrics: sequentialMetricNames,
    changePrefix: changePointMethod(''),
  }
  const rules = await store.query(unfollowedRules(scope))
  const gone = rules.filter((rule) => partOf(rule) === part)
  if (gone.length === 0) return
  for (const statement of retractSequential(scope, gone)) await store.command(statement)
}

const followedSeries = ({ metric }: SequentialRule, names: ReadonlySet<string>): FollowedSeries[] =>
  [...names].map((rule) => ({
    rule,
    baselines: metric?.baselines ?? [''],
    features: metric?.features ?? [],
    slices: metric?.slices ?? [],
  }))

/** Of `detector of followed`, where the followed is a stream, a metric, `metric/…` or `metric by method`. */
function partOf(rule: string): MonitoredPart {
  const followed = rule.slice(rule.indexOf(' of ') + ' of '.length)
  const metric = followed.split(/\/| by /)[0] ?? ''
  return followed === 'errors' || needsLabels(metric) ? 'labels' : 'events'
}
