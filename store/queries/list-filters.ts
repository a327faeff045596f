/** Columns of DateTime reach from 1970 to 2106; a bound beyond that would wrap around. */
const lastTimeMs = 4_294_967_295_000

export interface TimeRange {
  readonly from?: Date
  /** Exclusive. */
  readonly to?: Date
}

type Params = Readonly<Record<string, unknown>>

/** What of a WHERE clause was asked for, and the values it binds. */
export interface Filters {
  readonly conditions: readonly string[]
  readonly params: Params
}

/** `column = value` for every filter that has one. Column names are literals of the caller, never input. */
export function equal(filters: Readonly<Record<string, string | undefined>>): Filters {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined)
  return {
    conditions: given.map(([column]) => `\`${column}\` = {${column}:String}`),
    params: Object.fromEntries(given),
  }
}

/** `from <= column < to`, for the ends that are given. */
export function within(column: string, { from, to }: TimeRange): Filters {
  const ends = [
    ...(from === undefined ? [] : [['from', '>=', from] as const]),
    ...(to === undefined ? [] : [['to', '<', to] as const]),
  ]
  return {
    conditions: ends.map(
      ([name, operator]) =>
        `${column} ${operator} fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`,
    ),
    params: Object.fromEntries(ends.map(([name, , time]) => [name, boundedMs(time)])),
  }
}

/** Only these models; null for all of them. */
export function amongModels(models: readonly string[] | null): Filters {
  if (models === null) return none
  return { conditions: ['model IN {models:Array(String)}'], params: { models: [...models] } }
}

/** A condition that is there or not. */
export function when(wanted: boolean, condition: string, params: Params = {}): Filters {
  return wanted ? { conditions: [condition], params } : none
}

const none: Filters = { conditions: [], params: {} }

/** All of them as one `WHERE …` text, or '' where nothing was asked for. */
export function where(...filters: readonly Filters[]): { text: string; params: Params } {
  const conditions = filters.flatMap((filter) => filter.conditions)
  return {
    text: conditions.length === 0 ? '' : `WHERE ${conditions.join('\n  AND ')}`,
    params: Object.assign({}, ...filters.map((filter) => filter.params)) as Params,
  }
}

/** DateTime columns read as ISO 8601 with Z. */
export const isoTimes = { date_time_output_format: 'iso' } as const

export const boundedMs = (time: Date): number => Math.min(Math.max(time.getTime(), 0), lastTimeMs)
