import type { Evidence } from '../../alerts/evidence.ts'
import type { Store } from '../../store/client.ts'

export interface Derived {
  readonly events: readonly string[]
  readonly windows: readonly string[]
  readonly profiles: readonly string[]
  readonly labels: readonly string[]
  readonly outcomes: readonly string[]
  readonly metrics: readonly string[]
  readonly sequential: readonly string[]
  readonly transitions: readonly string[]
}

/**
 * Everything computed, as text that shows every bit of a number. What measures arrival itself is left
 * out: ingest delays, revisions, times of computing, and rows that a revision has retracted.
 */
export async function derived(store: Store): Promise<Derived> {
  const rows = (sql: string): Promise<string[]> =>
    store.query({ name: 'test', sql, params: {}, toRow: (raw) => String(raw['row']) })
  return {
    events: await rows(`
SELECT toString(tuple(* EXCEPT (ingested_at, _topic, _offset))) AS row FROM events_payments FINAL ORDER BY row`),
    windows: await rows(`
SELECT toString(tuple(window, window_start, n, content, binning)) AS row FROM windows FINAL ORDER BY row`),
    profiles: await rows(`
SELECT toString(tuple(p.* EXCEPT (revision, delete_after))) AS row
FROM profiles AS p FINAL
INNER JOIN (SELECT window_start, computations FROM windows FINAL WHERE window = '1h') AS w
  ON p.window_start = w.window_start
WHERE p.revision = w.computations AND p.feature != 'ingest_delay_seconds'
ORDER BY row`),
    labels: await rows(`
SELECT toString(tuple(* EXCEPT (ingested_at))) AS row FROM labels FINAL ORDER BY row`),
    outcomes: await rows(`
SELECT toString(tuple(o.* EXCEPT (revision, delete_after))) AS row
FROM outcomes AS o FINAL
INNER JOIN (SELECT window_start, computations FROM outcome_windows FINAL WHERE window = '1h') AS w
  ON o.window_start = w.window_start
WHERE o.revision = w.computations
UNION ALL
SELECT toString(tuple(window, window_start, n, content, binning)) AS row FROM outcome_windows FINAL
ORDER BY row`),
    metrics: await rows(`
SELECT toString(tuple(* EXCEPT (revision, computed_at, delete_after))) AS row
FROM metrics FINAL
WHERE status != 'retracted' AND NOT startsWith(metric, 'ingest_delay')
ORDER BY row`),
    // A window that has nothing to read any more keeps the state before it.
    sequential: await rows(`
SELECT toString(tuple(* EXCEPT (content, revision, delete_after))) AS row
FROM sequential_states FINAL
WHERE (window_start, rule, version, variant, slice, feature, baseline) IN (
  SELECT window_start, method, version, variant, slice, feature, baseline
  FROM metrics FINAL WHERE status != 'retracted'
)
ORDER BY row`),
    transitions: await transitions(store),
  }
}

function transitions(store: Store): Promise<string[]> {
  return store.query({
    name: 'test',
    sql: `
SELECT toString(tuple(* EXCEPT (evidence, revision, created_at, changed_at))) AS row, evidence
FROM transitions FINAL WHERE valid
ORDER BY row`,
    params: {},
    toRow: (raw) => {
      const evidence = { ...(JSON.parse(String(raw['evidence'])) as Evidence), revision: null }
      return `${String(raw['row'])} ${JSON.stringify(evidence)}`
    },
  })
}

export async function revisedWindows(
  store: Store,
  table: 'windows' | 'outcome_windows' = 'windows',
): Promise<number> {
  const [count] = await store.query({
    name: 'test',
    sql: `SELECT count() AS revised FROM ${table} FINAL WHERE revision > 1`,
    params: {},
    toRow: (raw) => Number(raw['revised']),
  })
  return count ?? 0
}

/** The first rows that only one side has. */
export function differences(expected: readonly string[], found: readonly string[]): string[] {
  const [wanted, had] = [new Set(expected), new Set(found)]
  return [
    ...expected.filter((row) => !had.has(row)).map((row) => `missing ${row}`),
    ...found.filter((row) => !wanted.has(row)).map((row) => `spurious ${row}`),
    ...(expected.length === found.length ? [] : [`${expected.length} rows, not ${found.length}`]),
  ].slice(0, 8)
}
