import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alertRules } from '../../dashboards/alert-rules.ts'
import { dashboardFiles } from '../../dashboards/build.ts'
import type { ClassicDashboard } from '../../dashboards/classic-dashboard.ts'
import { seededStore, type SeededStore } from './seeded-store.ts'
import { queriesOf, variablesOf, type PlacedQuery } from './dashboard-queries.ts'
import { renderQuery, type RenderContext, type VariableValue } from './render-query.ts'

/**
 * Every query of every dashboard, as Grafana would send it, against a store that the pipeline filled:
 * nothing fails, columns are where panels look for them, and what is there is found.
 */

let seeded: SeededStore
beforeAll(async () => {
  seeded = await seededStore()
}, 600_000)
afterAll(async () => seeded.close())

interface Column {
  readonly name: string
  readonly type: string
}

interface Answer {
  readonly columns: readonly Column[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

async function ask(sql: string): Promise<Answer> {
  const read = (text: string): Promise<Record<string, unknown>[]> =>
    seeded.store.query({ name: 'test', sql: text, params: {}, toRow: (raw) => ({ ...raw }) })
  const columns = await read(`DESCRIBE TABLE (${sql})`)
  return { columns: columns as unknown as Column[], rows: await read(sql) }
}

type Chosen = Readonly<Record<string, VariableValue>>

/** What a reader meets who opens the dashboard: the first value of each variable, or all of them. */
async function opened(dashboard: ClassicDashboard): Promise<Chosen> {
  const chosen: Record<string, VariableValue> = { database: seeded.store.database }
  for (const { name, sql, includeAll, current } of variablesOf(dashboard)) {
    if (sql === undefined) {
      if (current !== undefined && name !== 'database') chosen[name] = current
      continue
    }
    const { rows } = await ask(renderQuery(sql, context(chosen)))
    expect(rows, `values of variable ${name}`).not.toEqual([])
    const values = rows.map((row) => String(Object.values(row)[0]))
    // A number with quantiles, whatever drifts most.
    if (name === 'feature') expect(values).toContain('amount')
    chosen[name] = includeAll ? '$__all' : name === 'feature' ? 'amount' : (values[0] ?? '')
  }
  return chosen
}

function context(variables: Chosen, range: 'whole' | 'end' | 'before' = 'whole'): RenderContext {
  const { from, to } = seeded
  const hour = 3_600_000
  const ranges = {
    whole: { from, to },
    end: { from: new Date(to.getTime() - 5 * hour), to },
    before: {
      from: new Date(from.getTime() - 48 * hour),
      to: new Date(from.getTime() - 24 * hour),
    },
  }
  return { ...ranges[range], intervalMs: 60_000, variables }
}

/** Every variable with values of its own, set to one of them, or to what nobody has and that has a quote. */
const single = (dashboard: ClassicDashboard, chosen: Chosen): Chosen => ({
  ...chosen,
  ...('version' in chosen ? { version: ['1'], variant: ['live'] } : {}),
  ...(dashboard.uid === 'tidegauge-fleet' ? { model: ['payments'] } : {}),
})

const strange = (dashboard: ClassicDashboard): Chosen => ({
  ...Object.fromEntries(
    variablesOf(dashboard)
      .filter(({ sql }) => sql !== undefined)
      // A model's own table is named by it: another model has none.
      .filter(({ name }) => name !== 'model' || dashboard.uid === 'tidegauge-fleet')
      .map(({ name, includeAll }) => [name, includeAll ? [`O'Brien`, `x') OR ('1`] : `O'Brien`]),
  ),
})

const dashboards = dashboardFiles().map(({ dashboard }) => dashboard)
const withQueries = dashboards.filter((dashboard) => queriesOf(dashboard).length > 0)

describe.each(withQueries.map((dashboard) => [dashboard.title ?? '', dashboard] as const))(
  '%s',
  (_, dashboard) => {
    const queries = queriesOf(dashboard)

    test('finds what the pipeline has stored', async () => {
      const chosen = await opened(dashboard)
      const empty: string[] = []
      for (const query of queries) {
        const answer = await ask(renderQuery(query.sql, context(chosen)))
        expect(shapeProblems(query, answer)).toEqual([])
        if (answer.rows.length === 0) empty.push(query.name)
      }
      expect(empty).toEqual([])
    }, 240_000)

    test.each(['whole', 'end', 'before'] as const)(
      'answers for one value and for strange ones, in range %s',
      async (range) => {
        const chosen = await opened(dashboard)
        for (const variables of [
          chosen,
          single(dashboard, chosen),
          { ...chosen, ...strange(dashboard) },
        ]) {
          for (const { name, sql } of queries) {
            const answer = await ask(renderQuery(sql, context(variables, range))).catch(
              (error: unknown) => {
                throw new Error(`${name} with ${JSON.stringify(variables)}`, { cause: error })
              },
            )
            expect(answer.columns.length).toBeGreaterThan(0)
          }
        }
      },
      240_000,
    )
  },
)

test.each(
  alertRules().groups.flatMap(({ rules }) =>
    rules.map(({ title, data }) => [title, data] as const),
  ),
)('rule "%s" answers labels and one number', async (_, [query]) => {
  const model = query?.model
  const sql = model !== undefined && 'rawSql' in model ? model.rawSql : ''
  const here = sql.replaceAll('`tidegauge`', `\`${seeded.store.database}\``)
  const { columns, rows } = await ask(renderQuery(here, context({})))
  expect(columns.filter(isNumber)).toHaveLength(1)
  expect(rows).not.toEqual([])
})

const isTime = ({ type }: Column): boolean => /^(Nullable\()?DateTime/.test(type)
const isNumber = ({ type }: Column): boolean => /^(Nullable\()?(U?Int|Float)/.test(type)

/** What Grafana would stumble over. */
function shapeProblems(
  { kind, timeseries, name }: PlacedQuery,
  { columns, rows }: Answer,
): string[] {
  if (kind === 'variable') return columns.length === 1 ? [] : [`${name} has more than one column`]
  if (kind === 'annotation') {
    const missing = ['time', 'text', 'tags'].filter((n) => !columns.some((c) => c.name === n))
    return missing.map((n) => `${name} has no column ${n}`)
  }
  if (!timeseries) return []
  const [time, ...rest] = columns
  const values = rest.filter(isNumber)
  const times = rows.map((row) => String(row['time']))
  return [
    ...(time?.name === 'time' && isTime(time) ? [] : [`${name}: the first column is no time`]),
    ...(values.length > 0 && rest.at(-1) === values.at(-1) ? [] : [`${name}: numbers come last`]),
    ...(rest.length - values.length <= 2 ? [] : [`${name}: too many labels`]),
    ...(String(times) === String(times.toSorted()) ? [] : [`${name}: not in the order of time`]),
  ]
}
