/**
 * What text and embedding features cost the monitor: one text of 200 characters and one embedding of
 * 384 dimensions, an hour of events in one window, profiled over the whole model; and what freezing
 * their vocabulary, centroid and bins costs once. Beside them 16 numeric features of the same events.
 *
 *     npx tsx bench/described-features.ts [rows [dimensions]]      default: 100000 384
 *
 * Each in a model of its own, so that one does not pay for reading the other.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelSpec, type ModelFile, type ModelSpec } from '../core/model-spec.ts'
import { extendBinning } from '../monitor/freeze-binning.ts'
import { openStore, type Store } from '../store/client.ts'
import { createTable } from '../store/ddl.ts'
import { migrate } from '../store/migrate.ts'
import { eventsRelation } from '../store/queries/profile-source.ts'
import { profileWindows } from '../store/queries/profile-windows.ts'
import { eventsTable, eventsTableName } from '../store/tables/events-table.ts'
import { machine, writeReport } from './report.ts'

const start = Date.parse('2026-01-01T00:00:00Z')
const hour = 3_600_000
const repeats = 3
const part = 20_000

// Words of two to nine letters by Zipf's law, a comma now and then and a capital: about 200 characters.
const word = (seed: string): string =>
  `substring(hex(cityHash64(toUInt64(exp2(rand64(${seed}) % 1600 / 100)))), 1, 2 + rand(${seed} + 1) % 8)`
const textSql = `substring(arrayStringConcat(arrayMap(i -> concat(
  translate(lower(${word('i')}), '0123456789', 'ghijklmnop'), if(i % 11 = 0, ',', '')), range(48)), ' '), 1, 200)`
const embeddingSql = (dimensions: number): string =>
  `arrayMap(i -> toFloat32(randNormal(0, 0.05, i)), range(${dimensions}))`

interface Subject {
  readonly name: string
  readonly features: NonNullable<ModelFile['features']>
  /** Of each feature in declared order. */
  readonly values: readonly string[]
}

const subjects = (dimensions: number): readonly Subject[] => [
  {
    name: 'numeric16',
    features: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`x${i}`, 'numeric'])),
    values: Array.from({ length: 16 }, (_, i) => `randNormal(0, 1, ${i})`),
  },
  { name: 'text200', features: { comment: 'text' }, values: [textSql] },
  {
    name: `embedding${dimensions}`,
    features: { vector: { embedding: [dimensions] } },
    values: [embeddingSql(dimensions)],
  },
]

async function fill(store: Store, spec: ModelSpec, subject: Subject, rows: number): Promise<void> {
  for (const sql of createTable({ database: store.database, cluster: null }, eventsTable(spec))) {
    await store.command({ name: 'bench-create', sql })
  }
  const columns = [...spec.features.keys()].map((name) => `\`features.${name}\``)
  for (let from = 0; from < rows; from += part) {
    const count = Math.min(part, rows - from)
    await store.command({
      name: 'bench-fill',
      sql: `INSERT INTO ${eventsTableName(spec.model)} (event_id, ts, version, variant, ingested_at, ${columns.join(', ')})
        SELECT leftPad(toString(number), 12, '0'), fromUnixTimestamp64Milli(toInt64(${start} + intDiv(number * ${hour}, ${rows})), 'UTC'),
          '1', 'live', now64(3), ${subject.values.join(', ')}
        FROM numbers(${from}, ${count}) SETTINGS max_block_size = 2000`,
    })
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return Number(((performance.now() - began) / 1000).toFixed(3))
}

async function measure(store: Store, subject: Subject, rows: number) {
  const spec = modelSpec({
    model: subject.name,
    kind: 'features',
    window: '1h',
    features: subject.features,
    retention: { events: '20000d', profiles: '20000d' },
  })
  await fill(store, spec, subject, rows)
  const relation = eventsRelation(spec, [{ from: start, to: start + hour }])
  let binning = await extendBinning(store, spec, {
    relation: { ...relation, where: 'false' },
    now: new Date(start),
  })
  const freezeSeconds = await seconds(async () => {
    binning = await extendBinning(store, spec, { relation, now: new Date(start) })
  })
  const windows = [{ start, revision: 1 }]
  const statements = profileWindows({ spec, binning, windows })
  const runs: number[] = []
  for (let i = 0; i < repeats; i++) {
    runs.push(
      await seconds(async () => {
        for (const statement of statements) await store.command(statement)
      }),
    )
  }
  return {
    subject: subject.name,
    rows,
    computed: binning.features.size,
    freezeSeconds,
    profileSeconds: Math.min(...runs),
    statementBytes: Math.max(...statements.map(({ sql }) => sql.length)),
    boundBytes: Math.max(...statements.map(({ params }) => JSON.stringify(params).length)),
  }
}

const [rows = 100_000, dimensions = 384] = process.argv.slice(2).map(Number)
const about = machine()
const directory = await mkdtemp(join(tmpdir(), 'tidegauge-bench-'))
try {
  const store = await openStore({ path: directory, database: 'bench', timeoutMs: 600_000 })
  await migrate(store)
  const results = []
  for (const subject of subjects(dimensions)) {
    const result = await measure(store, subject, rows)
    console.log(JSON.stringify(result))
    results.push(result)
  }
  await store.close()
  const peakGiB = Number((process.resourceUsage().maxRSS / 2 ** 20).toFixed(2))
  console.log(`most memory of the process: ${peakGiB} GiB`)
  if (dimensions === 384)
    await writeReport('described-features', { machine: about, rows, peakGiB, results })
} finally {
  await rm(directory, { recursive: true, force: true })
}
