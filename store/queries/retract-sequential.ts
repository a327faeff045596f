import { durableInsert, type Query, type Statement } from '../query.ts'

/** Series of one rule that somebody follows. */
export interface FollowedSeries {
  /** As in `sequential_states`. */
  readonly rule: string
  readonly baselines: readonly string[]
  /** Empty for every feature. */
  readonly features: readonly string[]
  /** Empty for every slice. */
  readonly slices: readonly string[]
}

/** Results of sequential detectors from a window on. */
export interface SequentialScope {
  readonly model: string
  /** Width by name. */
  readonly window: string
  /** Start of the first window, epoch ms. */
  readonly from: number
  readonly followed: readonly FollowedSeries[]
  /** What sequential detectors write. */
  readonly metrics: readonly string[]
  /** What stands before the rule in the method of one of these metrics. */
  readonly changePrefix: string
}

const ruleOfMethod =
  'if(startsWith(method, {changePrefix:String}), substring(method, length({changePrefix:String}) + 1), method)'

const within = `model = {model:String} AND window = {window:String}
  AND window_start >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')`

const unfollowed = (rule: string): string => `NOT arrayExists(
    (r, bs, fs, ss) -> r = ${rule} AND has(bs, baseline)
      AND (empty(fs) OR has(fs, feature)) AND (empty(ss) OR has(ss, slice)),
    {followed:Array(String)}, {baselines:Array(Array(String))}, {features:Array(Array(String))}, {slices:Array(Array(String))})`

const results = `${within}
  AND metric IN {metrics:Array(String)} AND status != 'retracted'
  AND ${unfollowed(ruleOfMethod)}`

const boundSeries = (followed: readonly FollowedSeries[]): Query<unknown>['params'] => ({
  followed: followed.map(({ rule }) => rule),
  baselines: followed.map(({ baselines }) => baselines),
  features: followed.map(({ features }) => features),
  slices: followed.map(({ slices }) => slices),
})

/** Rules with results that nobody follows any more. */
export function unfollowedRules({ followed, ...scope }: SequentialScope): Query<string> {
  return {
    name: 'unfollowed-rules',
    sql: `
SELECT DISTINCT ${ruleOfMethod} AS rule
FROM metrics FINAL
WHERE ${results}
ORDER BY rule`,
    params: { ...scope, ...boundSeries(followed) },
    toRow: (raw) => String(raw['rule']),
  }
}

/**
 * Takes back what nobody follows of some rules. The states are told first: a rule that comes back compares
 * with them, and must find that what they stand for is not what is stored. Each may be repeated.
 */
export function retractSequential(
  { followed, metrics, changePrefix, ...scope }: SequentialScope,
  rules: readonly string[],
): Statement[] {
  const params = { ...scope, ...boundSeries(followed), rules }
  return [
    {
      name: 'retract-sequential-states',
      sql: `
INSERT INTO sequential_states (model, window, window_start, rule, version, variant, slice, feature, baseline,
  state, n, content, revision, delete_after)
SELECT model, window, window_start, rule, version, variant, slice, feature, baseline,
  state, n, 0, revision + 1, delete_after
FROM sequential_states FINAL
WHERE ${within}
  AND has({rules:Array(String)}, rule) AND content != 0
  AND ${unfollowed('rule')}`,
      params,
      settings: durableInsert,
    },
    {
      name: 'retract-sequential-results',
      sql: `
INSERT INTO metrics (model, version, variant, window_start, window_end, window, slice, feature, metric, method,
  value, n_reference, n_current, baseline, status, revision, computed_at, delete_after)
SELECT model, version, variant, window_start, window_end, window, slice, feature, metric, method,
  NULL, 0, 0, baseline, 'retracted', revision + 1, now64(3), delete_after
FROM metrics FINAL
WHERE ${results}
  AND has({rules:Array(String)}, ${ruleOfMethod})`,
      params: { ...params, metrics, changePrefix },
      settings: durableInsert,
    },
  ]
}
