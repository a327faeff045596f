import { countLength, type FeatureBins, type ModelBinning } from '../binning.ts'
import { sliceKeyColumn } from './profile-slices.ts'
import { numberArray, numberLiteral, type Relation, type Source } from './profile-source.ts'
import { withDerived } from './source.ts'

/** A source and what it is counted into; null before it has a binning. */
export interface ProfiledSource extends Source {
  readonly bins: FeatureBins | null
  /** Valid values, inclusive; what lies outside is counted as out of range, besides its bin. */
  readonly low: number | null
  readonly high: number | null
}

export interface ProfileInput {
  readonly relation: Relation
  /** Further grouping keys beside the slice: an alias and its expression over the relation. */
  readonly keys: readonly (readonly [alias: string, expression: string])[]
  readonly sources: readonly ProfiledSource[]
  readonly slices: ModelBinning['slices']
  /** Rows for every slice that count the request itself: errors, bytes, delay. */
  readonly software: boolean
  /** Default: comparison. The answer is the same. */
  readonly binBy?: BinSearch
  /**
   * Whether rows of one first key are put next to each other before they are grouped. The groups of many
   * windows fit into no cache: rows that jump between them wait for memory longer than the sort takes.
   */
  readonly ordered?: boolean
}

/**
 * How the bin of a number is found. A comparison with every edge is straight code, which the engine
 * runs five times as fast as a search, and plans for 6 ms a feature, as long as a search of 100 000 values.
 */
export type BinSearch = 'comparison' | 'search'

/** Columns of `profileSelect`, after its keys: those of tables profiles and baseline_profiles. */
export const profileColumns = [
  'slice',
  'feature',
  'n',
  'missing',
  'invalid',
  'unseen',
  'type_mismatch',
  'out_of_range',
  'counts',
  'sum',
  'sum_squares',
  'min',
  'max',
] as const

// Sums before any reference is known: multiples of 2^-32, magnitudes up to 2^60.
const scaleWithoutReference = 32

/**
 * One scan of the relation that profiles every source in every slice: each value becomes the number
 * of its bin, and one resampled count a feature turns those into the histogram of each group. The
 * slices are grouping sets.
 *
 * The answer is a function of the multiset of rows: counts, and sums of whole numbers. Floating
 * point sums would depend on how parts and threads happen to lie.
 */
export function profileSelect(input: ProfileInput): {
  sql: string
  params: Record<string, unknown>
} {
  const slices = [...input.slices.values()].map((slice, i) => sliceKeyColumn(slice, `s${i}`))
  const columns = input.sources.map((source, i) =>
    sourceColumns(source, i, input.binBy ?? 'comparison'),
  )
  const keys = input.keys.map(([alias]) => alias)
  const relation = scanned(input)
  const params: Record<string, unknown> = { ...relation.params }
  for (const column of columns) Object.assign(params, column.params)
  for (const [i, slice] of slices.entries()) {
    Object.assign(params, slice.params, { [`s${i}_names`]: slice.names })
  }
  const sets = ['', ...slices.map((_, i) => `, s${i}`)].map((s) => `(${keys.join(', ')}${s})`)
  const name = slices.map((_, i) => `s${i} > 0, {s${i}_names:Array(String)}[s${i}]`)
  const software = input.software ? softwareColumns : null
  const sql = `
SELECT ${[...keys, 'slice', ...profileColumns.slice(1).map((c, i) => `p.${i + 1} AS ${c}`)].join(', ')}
FROM (
  SELECT
    ${[...keys, `${slices.length === 0 ? "''" : `multiIf(${name.join(', ')}, '')`} AS slice`].join(', ')},
    [
      ${[...columns.map(({ row }) => row), ...(software?.rows ?? [])].join(',\n      ')}
    ] AS rows
  FROM (
    SELECT ${[...keys, ...slices.map((_, i) => `s${i}`), 'count() AS events'].join(', ')},
      ${[...columns.map(({ aggregate }) => aggregate), ...(software?.aggregates ?? [])].join(',\n      ')}
    FROM (
      SELECT ${input.keys.map(([alias, expression]) => `${expression} AS ${alias}`).join(', ')},
        arrayFilter((f, r) -> r = 'invalid', issues.feature, issues.reason) AS invalids,
        arrayFilter((f, r) -> r = 'type_mismatch', issues.feature, issues.reason) AS mismatches,
        ${[...slices.map(({ expression }, i) => `${expression} AS s${i}`), ...columns.map(({ value }) => value), ...(software?.values ?? [])].join(',\n        ')}
      FROM ${relation.from}
      WHERE ${relation.where}
    )
    GROUP BY GROUPING SETS (${sets.join(', ')})
  )
)
ARRAY JOIN rows AS p`
  return { sql, params }
}

function scanned({ relation, sources, keys, ordered }: ProfileInput): Relation {
  const { from, where, params } = withDerived(relation, sources)
  const [first] = keys
  return ordered === true && first !== undefined
    ? { from: `(SELECT * FROM ${from} WHERE ${where} ORDER BY ${first[1]})`, where: 'true', params }
    : { from, where, params }
}

interface SourceColumns {
  /** Per event: the value and the number of its bin. */
  readonly value: string
  /** Per group. */
  readonly aggregate: string
  /** The profile as a tuple in the order of `profileColumns`, without slice. */
  readonly row: string
  readonly params: Readonly<Record<string, unknown>>
}

/** Bins in order: the values', for categories unseen, then missing, invalid and type mismatch. */
function sourceColumns(source: ProfiledSource, i: number, binBy: BinSearch): SourceColumns {
  const { bins, kind, expression } = source
  const kept = bins === null ? 1 : countLength(bins)
  const values = bins?.kind === 'categorical' ? kept + 1 : kept
  const noted = notedName(source, i)
  const none = `${values} + multiIf(has(invalids, ${noted.sql}), 1, has(mismatches, ${noted.sql}), 2, 0)`
  const bin = `toUInt16(if(isNull(${expression}), ${none}, ${binOf(source, i, binBy)})) AS b${i}`
  const numeric = kind === 'numeric'
  const counts = bins === null ? emptyCounts : `arraySlice(c${i}, 1, ${kept})`
  const unseen = bins?.kind === 'categorical' ? `c${i}[${values}]` : 'toUInt64(0)'
  const moments = numeric ? momentColumns(source, i) : noMoments
  return {
    value: numeric ? `${expression} AS x${i}, ${moments.scaled} AS y${i}, ${bin}` : bin,
    aggregate: [`countResample(0, ${values + 3}, 1)(b${i}) AS c${i}`, ...moments.aggregates].join(
      ', ',
    ),
    row: `({f${i}:String}, events, c${i}[${values + 1}], c${i}[${values + 2}], ${unseen}, c${i}[${values + 3}], ${moments.outOfRange}, ${counts}, ${moments.results.join(', ')})`,
    params: {
      [`f${i}`]: source.name,
      ...noted.params,
      ...(bins?.kind === 'categorical' ? categoryParams(bins, i) : {}),
    },
  }
}

/** The name under which it is noted what was wrong with a value: of a derived source its feature's. */
function notedName(
  { derived }: ProfiledSource,
  i: number,
): Pick<SourceColumns, 'params'> & { sql: string } {
  return derived === undefined
    ? { sql: `{f${i}:String}`, params: {} }
    : { sql: `{f${i}_of:String}`, params: { [`f${i}_of`]: derived.feature } }
}

const emptyCounts = 'emptyArrayUInt64()'
const nothing = 'CAST(NULL AS Nullable(Float64))'
const noMoments = {
  scaled: '',
  aggregates: [] as string[],
  outOfRange: 'toUInt64(0)',
  results: [nothing, nothing, nothing, nothing],
}

const categoryParams = (
  bins: FeatureBins & { kind: 'categorical' },
  i: number,
): Record<string, unknown> => ({
  ...(bins.categories.length + bins.others.length === 0
    ? {}
    : { [`f${i}_categories`]: [...bins.categories, ...bins.others] }),
})

/** The bin of a value that is there. */
function binOf({ bins, expression }: ProfiledSource, i: number, binBy: BinSearch): string {
  if (bins === null) return '0'
  if (bins.kind === 'numeric') return numericBin(`assumeNotNull(${expression})`, bins.edges, binBy)
  const listed = bins.categories.length
  const unlisted = bins.open ? listed : listed + 1
  if (listed + bins.others.length === 0) return String(unlisted)
  const places = [...bins.categories.map((_, place) => place), ...bins.others.map(() => listed)]
  return `transform(assumeNotNull(${expression}), {f${i}_categories:Array(String)}, [${places.join(', ')}], ${unlisted})`
}

/** SQL of how many of the ascending edges a value, no NaN, has reached. */
export function numericBin(value: string, edges: readonly number[], binBy: BinSearch): string {
  if (edges.length === 0) return '0'
  if (binBy === 'comparison')
    return edges.map((edge) => `(${value} >= ${numberLiteral(edge)})`).join(' + ')
  // What lies below all edges is rounded down to the first of the list, which is none of them.
  const rounded = `roundDown(${value}, ${numberArray([-Number.MAX_VALUE, ...edges])})`
  const places = edges.map((_, place) => place + 1)
  return `transform(${rounded}, ${numberArray(edges)}, [${places.join(', ')}], 0)`
}

// A square is taken of half the digits: its own resolution is then 2^-52 of the reference's greatest.
const squareScale = 26

/**
 * Sums as whole numbers, which add up to the same in any order. Values count in multiples of 2^-s and
 * are held to 2^40 times the reference's magnitude; squares are of values held to 2^20 times that
 * magnitude. Both leave an Int128 room for 2^34 rows. An Int256 would take squares of greater values
 * and a tenth more time for all of them.
 */
function momentColumns({ bins, low, high }: ProfiledSource, i: number): typeof noMoments {
  const scale = bins?.kind === 'numeric' ? bins.scaleExponent : scaleWithoutReference
  const up = numberLiteral(2 ** scale)
  const down = numberLiteral(2 ** -scale)
  const limit = numberLiteral(2 ** 92)
  const downSquare = numberLiteral(2 ** (squareScale - scale))
  // min2 answers NULL for NULL.
  const square = `min2(abs(y${i}) * ${numberLiteral(2 ** -squareScale)}, ${numberLiteral(2 ** 46)})`
  // least and greatest pass over NULL: they would make a value of a missing one.
  const scaled = `if(isNull(x${i}), NULL, least(greatest(assumeNotNull(x${i}) * ${up}, -${limit}), ${limit}))`
  const outside = [
    ...(low === null ? [] : [`x${i} < ${numberLiteral(low)}`]),
    ...(high === null ? [] : [`x${i} > ${numberLiteral(high)}`]),
  ]
  return {
    scaled,
    aggregates: [
      `sum(toInt128(round(y${i}))) AS sum${i}`,
      `sum(toInt128(round(${square} * ${square}))) AS squares${i}`,
      `min(x${i}) AS min${i}`,
      `max(x${i}) AS max${i}`,
      ...(outside.length === 0 ? [] : [`countIf(${outside.join(' OR ')}) AS outside${i}`]),
    ],
    outOfRange: outside.length === 0 ? 'toUInt64(0)' : `outside${i}`,
    results: [
      finite(`toFloat64(sum${i}) * ${down}`),
      finite(`toFloat64(squares${i}) * ${downSquare} * ${downSquare}`),
      // Zero has two signs, and which of them is the least is a matter of order.
      `if(min${i} = 0, 0., min${i})`,
      `if(max${i} = 0, 0., max${i})`,
    ],
  }
}

const finite = (sql: string): string => `if(isFinite(${sql}), ${sql}, NULL)`

// The rows of one array share one type; whole numbers would make a variant of it.
const rowTypes = [
  'String',
  ...Array.from({ length: 6 }, () => 'UInt64'),
  'Array(UInt64)',
  ...Array.from({ length: 4 }, () => 'Nullable(Float64)'),
]

/**
 * What the request itself tells, in every slice: `error` counts [ok, failed]; bytes and the delay in
 * seconds from event to ingestion have moments only. Bytes and milliseconds are whole already.
 */
const softwareColumns = {
  values: [
    "(error IS NOT NULL AND error != '') AS failed",
    'toInt64(payload_bytes) AS bytes',
    'toUnixTimestamp64Milli(ingested_at) - toUnixTimestamp64Milli(ts) AS delay',
  ],
  aggregates: [
    'countIf(failed) AS failures',
    ...['bytes', 'delay'].map(
      (x) =>
        `sum(toInt128(${x})) AS sum_${x}, sum(toInt128(${x}) * ${x}) AS squares_${x}, min(${x}) AS min_${x}, max(${x}) AS max_${x}`,
    ),
  ],
  rows: [
    `'error', events, 0, 0, 0, 0, 0, [events - failures, failures], ${noMoments.results.join(', ')}`,
    `'payload_bytes', events, 0, 0, 0, 0, 0, ${emptyCounts}, sum_bytes, squares_bytes, min_bytes, max_bytes`,
    `'ingest_delay_seconds', events, 0, 0, 0, 0, 0, ${emptyCounts}, toFloat64(sum_delay) / 1000, toFloat64(squares_delay) / 1000000, min_delay / 1000, max_delay / 1000`,
  ].map((row) => `CAST((${row}) AS Tuple(${rowTypes.join(', ')}))`),
}
