import { Type } from 'typebox'
import { durationPattern } from './duration.ts'
import { namePattern } from './model-spec.ts'

/** How large one sliced query may be: its text is bounded before anything is built from it. */
export const queryLimits = {
  depth: 8,
  clauses: 64,
  listValues: 1000,
  select: 32,
  by: 6,
  edges: 100,
  textLength: 1024,
  defaultRows: 1000,
  rows: 10_000,
} as const

/** Columns that every event has; `features.<name>` and `tags.<name>` come beside them. */
export const eventQueryColumns = [
  'prediction',
  'score',
  'latency_ms',
  'error',
  'outlier_score',
  'version',
  'variant',
  'event_id',
  'ts',
  'ingested_at',
] as const

/**
 * Columns that need the labels: `label` is the ground truth as text, `correct` is 1 or 0 and
 * `absolute_error` the distance of a regression's prediction. All are missing until the label comes.
 */
export const labelQueryColumns = ['label', 'correct', 'absolute_error'] as const

export const comparisons = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const
export type Comparison = (typeof comparisons)[number]

/** Aggregates that take one numeric column. */
export const numericAggregates = ['mean', 'sum', 'min', 'max', 'stddev'] as const

const closed = { additionalProperties: false } as const

const Column = Type.String({
  minLength: 1,
  maxLength: 140,
  description: `A column: features.<name>, tags.<name>, ${[...eventQueryColumns, ...labelQueryColumns].join(', ')}.`,
})

const Value = Type.Union([
  Type.Number(),
  Type.String({ maxLength: queryLimits.textLength }),
  Type.Boolean(),
])

const Comparand = Type.Tuple([Column, Value], { description: 'A column and a value of its type.' })

const Filters = Type.Array(Type.Ref('Filter'), { minItems: 1, maxItems: queryLimits.clauses })

/** What must hold of an event. A comparison with a missing value holds for no event: see `is_null`. */
const Filter = Type.Cyclic(
  {
    Filter: Type.Union([
      Type.Object({ and: Filters }, closed),
      Type.Object({ or: Filters }, closed),
      Type.Object({ not: Type.Ref('Filter') }, closed),
      Type.Object({ eq: Comparand }, closed),
      Type.Object({ ne: Comparand }, closed),
      Type.Object({ lt: Comparand }, closed),
      Type.Object({ le: Comparand }, closed),
      Type.Object({ gt: Comparand }, closed),
      Type.Object({ ge: Comparand }, closed),
      Type.Object(
        {
          in: Type.Tuple([
            Column,
            Type.Array(Value, { minItems: 1, maxItems: queryLimits.listValues }),
          ]),
        },
        closed,
      ),
      Type.Object({ is_null: Column }, closed),
      Type.Object({ not_null: Column }, closed),
    ]),
  },
  'Filter',
)

const Alias = Type.String({
  pattern: namePattern,
  description: 'Name of the column in the answer.',
})
const as = { as: Type.Optional(Alias) }

const Select = Type.Union([
  Type.Object({ count: Type.Literal(true), ...as }, closed),
  Type.Object({ share: Filter, as: Alias }, closed),
  Type.Object({ mean: Column, ...as }, closed),
  Type.Object({ sum: Column, ...as }, closed),
  Type.Object({ min: Column, ...as }, closed),
  Type.Object({ max: Column, ...as }, closed),
  Type.Object({ stddev: Column, ...as }, closed),
  Type.Object(
    { quantile: Type.Tuple([Column, Type.Number({ minimum: 0, maximum: 1 })]), ...as },
    closed,
  ),
  Type.Object({ missing_rate: Column, ...as }, closed),
  Type.Object({ distinct: Column, ...as }, closed),
])

const By = Type.Union([
  Type.String({
    minLength: 1,
    maxLength: 140,
    description: 'version, variant, prediction, label, error, features.<name> or tags.<name>.',
  }),
  Type.Object(
    {
      time: Type.String({
        pattern: durationPattern,
        description: 'Width of a time slice, counted from 1970-01-01T00:00:00Z.',
      }),
      ...as,
    },
    closed,
  ),
  Type.Object(
    {
      bin: Type.Tuple([
        Column,
        Type.Array(Type.Number(), {
          minItems: 1,
          maxItems: queryLimits.edges,
          description: 'Ascending edges; bins are closed on the left, the outer two are open.',
        }),
      ]),
      ...as,
    },
    closed,
  ),
])

const Time = Type.Union([Type.String({ maxLength: 40 }), Type.Integer()], {
  description: 'ISO 8601 with a zone, or epoch milliseconds.',
})

/**
 * One question about a model's events: which numbers, split by what, of which events. Closed: no
 * key, column or operation beyond these exists. What a schema cannot say (that a column exists and
 * has the type the operation needs) is store/queries/sliced-query.ts's.
 */
export const SlicedQuerySchema = Type.Object(
  {
    select: Type.Array(Select, { minItems: 1, maxItems: queryLimits.select }),
    by: Type.Optional(Type.Array(By, { maxItems: queryLimits.by })),
    where: Type.Optional(Filter),
    from: Type.Optional(Time),
    to: Type.Optional(Time),
    order: Type.Optional(
      Type.Array(
        Type.Object(
          {
            by: Type.String({ minLength: 1, description: 'A column of the answer, by its name.' }),
            direction: Type.Optional(Type.Enum(['asc', 'desc'])),
          },
          closed,
        ),
        { maxItems: queryLimits.select + queryLimits.by },
      ),
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: queryLimits.rows, default: queryLimits.defaultRows }),
    ),
  },
  closed,
)

/** One thing wrong with a query: where, what stands there, and what may. */
export interface QueryProblem {
  /** Such as `where.and[0].eq[1]`; empty for the whole body. */
  readonly path: string
  readonly found: string
  readonly allowed: string
}

export type QueryColumnType = 'number' | 'text' | 'boolean' | 'time'

/** A column of the answer. Times are ISO 8601 text, bins text such as `[100, 500)`. */
export interface QueryColumn {
  readonly name: string
  readonly type: QueryColumnType
}
