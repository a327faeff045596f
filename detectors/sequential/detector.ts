export type Change = 'none' | 'warning' | 'drift'

/** Which way the watched quantity moved; null where the method does not tell. */
export type Way = 'up' | 'down' | null

/**
 * What a detector reads.
 * - `number`: any finite number of magnitude up to 1e100, such as a metric's window series.
 * - `unit`: a number in [0, 1], such as an error rate.
 * - `error`: 0 for a right prediction, 1 for a wrong one.
 */
export type Input = 'number' | 'unit' | 'error'

/** One parameter: what it means, what it is when nobody says, and what it may be. */
export interface Parameter<Value> {
  readonly default: Value
  /** One sentence, with the unit. */
  readonly meaning: string
  /** Least and greatest number, both allowed. */
  readonly range?: readonly [number, number]
  readonly whole?: boolean
  /** Every value that is allowed, where there are few. */
  readonly choices?: readonly Value[]
}

export type Parameters<P> = { readonly [K in keyof P]: Parameter<P[K]> }

/** Plain JSON, whole: what is needed to go on after a restart, and to tell which rule made it. */
export interface State<P = unknown, M = unknown> {
  readonly method: string
  readonly params: P
  readonly memory: M
}

export interface Verdict {
  readonly change: Change
  readonly way: Way
  /** What was compared with `threshold`; null while there is too little data to judge. */
  readonly statistic: number | null
  /** Beyond this the statistic means drift; null together with the statistic. */
  readonly threshold: number | null
}

/** The state after a value, and what the value showed. */
export interface Step<S> extends Verdict {
  readonly state: S
}

/** What is told about a detector, in the documentation and over the API. */
export interface Description<P> {
  /** What monitors name, such as `adwin`. Several methods may share it. */
  readonly metric: string
  /** Convention, unique in the catalogue. */
  readonly method: string
  readonly input: Input
  /** One sentence. */
  readonly describe: string
  /** Where the method is from. */
  readonly literature: string
  /** The most that a state holds, whatever the length of the stream. */
  readonly memory: string
  readonly parameters: Parameters<P>
}

/**
 * A test for change as a reducer. Nothing is hidden: the state is plain JSON that survives
 * `JSON.parse(JSON.stringify(state))` unchanged, and the same state and value give the same step.
 */
export interface SequentialDetector<P = object, M = unknown> extends Description<P> {
  /**
   * The state before the first value. Parameters left out take their defaults. Throws `RangeError`
   * for an unknown parameter and for one out of range.
   */
  init(given?: Partial<P>): State<P, M>
  /**
   * One value. After a drift the answered state is that of `init`: the next change is looked for
   * relative to the new level. (ADWIN may be told to keep what it holds of the new level.)
   *
   * A value that is no `input` of this detector, a missing one above all, changes nothing: the very
   * same state, `none`, no statistic. Throws `RangeError` for another detector's state.
   */
  update(state: State<P, M>, value: number): Step<State<P, M>>
}

/** What a rule answers; `keep` says that the memory outlives its drift. */
export interface Reaction<M> extends Verdict {
  readonly memory: M
  readonly keep?: boolean
}

/** A detector's own part: where it starts, and how one value moves it. */
export interface Rule<P, M> extends Description<P> {
  /** Throws `RangeError` for parameters that do not go together. */
  readonly start: (params: P) => M
  readonly react: (memory: M, params: P, value: number) => Reaction<M>
}

/** A rule with what all detectors share: parameters, refused values, the restart after a drift. */
export function sequentialDetector<P extends object, M>(
  rule: Rule<P, M>,
): SequentialDetector<P, M> {
  const { start, react, ...description } = rule
  const { method, input } = description
  return {
    ...description,
    init: (given = {}) => {
      const params = completed(description, given)
      return { method, params, memory: start(params) }
    },
    update: (state, value) => {
      if (state.method !== method) {
        throw new RangeError(`${method} requires a state of its own, not one of ${state.method}`)
      }
      if (!accepts(input, value)) return { state, ...undecided }
      // Adding zero turns −0, which JSON does not know, into 0.
      const { memory, keep, ...verdict } = react(state.memory, state.params, value + 0)
      const restart = verdict.change === 'drift' && keep !== true
      return {
        ...verdict,
        state: { ...state, memory: restart ? start(state.params) : memory },
      }
    },
  }
}

/** Too little data to judge. */
export const undecided: Verdict = { change: 'none', way: null, statistic: null, threshold: null }

/** Squares and their sums over any stream stay finite below this. */
const greatestMagnitude = 1e100

/** True when the value is what a detector of this input can read. */
export function accepts(input: Input, value: number): boolean {
  switch (input) {
    case 'number':
      return Math.abs(value) <= greatestMagnitude
    case 'unit':
      return value >= 0 && value <= 1
    case 'error':
      return value === 0 || value === 1
  }
}

function completed<P extends object>({ method, parameters }: Description<P>, given: Partial<P>): P {
  const known = parameters as Readonly<Record<string, Parameter<unknown>>>
  const asked = given as Readonly<Record<string, unknown>>
  const unknown = Object.keys(asked).filter((name) => !Object.hasOwn(known, name))
  if (unknown.length > 0) throw new RangeError(`${method} has no parameter ${unknown.join(', ')}`)
  const params = Object.entries(known).map(([name, parameter]) => {
    const value = asked[name] ?? parameter.default
    if (!isAllowed(parameter, value)) {
      throw new RangeError(`${method} requires ${name} to be ${allowedText(parameter)}`)
    }
    return [name, value] as const
  })
  return Object.fromEntries(params) as P
}

/** Whether a parameter may have this value. */
export function isAllowed(parameter: Parameter<unknown>, value: unknown): boolean {
  if (value === null) return parameter.default === null
  if (parameter.choices !== undefined) return parameter.choices.includes(value)
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  const [least, most] = parameter.range ?? [-greatestMagnitude, greatestMagnitude]
  return value >= least && value <= most && (parameter.whole !== true || Number.isInteger(value))
}

/** What a parameter may be, in words. */
export function allowedText(parameter: Parameter<unknown>): string {
  if (parameter.choices !== undefined) return parameter.choices.map(String).join(' or ')
  const kind = parameter.whole === true ? 'a whole number' : 'a number'
  const [least, most] = parameter.range ?? []
  if (least === undefined || most === undefined) return kind
  if (most >= greatestMagnitude) return `${kind} from ${least}`
  return least === smallest ? `${kind} above 0, up to ${most}` : `${kind} from ${least} to ${most}`
}

/** For ranges that leave out zero. */
export const smallest = Number.MIN_VALUE
/** For ranges without an upper end. */
export const endless = greatestMagnitude
