import { Command, Option } from 'commander'
import { environment, loadConfig } from '../core/config.ts'
import { auditIntervals, type LedgerCounts, type OffsetRange } from '../store/ledger-audit.ts'
import { openModelRegistry } from '../store/model-registry.ts'
import { ledgerIntervals } from '../store/queries/ledger-audit.ts'
import { eventCounts, type SeriesCount } from '../store/queries/ledger-event-counts.ts'
import type { LedgerSeries } from '../store/queries/ledger-position.ts'
import type { Store } from '../store/client.ts'
import { openConfiguredStore } from './configured-store.ts'
import { askService } from './service-request.ts'

interface VerifyOptions {
  readonly config?: string
  readonly data?: string
  readonly url?: string
  readonly key?: string
  readonly counts: boolean
}

/** One partition of a source, as the ledger proves it. */
interface Finding extends LedgerSeries {
  readonly intervals: readonly OffsetRange[]
  readonly holes: readonly OffsetRange[]
  readonly holesTotal: number
  readonly batches: number
  readonly balanced: boolean
  readonly counts: LedgerCounts
  /** Events kept; null where nobody counted. */
  readonly stored: number | null
}

/** `verify`: the audit that no offset which was taken is missing. Exit code 1 on a hole. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('Prove from the ledger that nothing that was taken is missing.')
    .option('-c, --config <file>', 'configuration file (default: tidegauge.yaml if there is one)')
    .option('--data <directory>', 'data directory of the embedded engine')
    .addOption(
      new Option('--url <url>', 'ask the service running there').conflicts(['config', 'data']),
    )
    .addOption(
      new Option('--key <key>', 'API key with scope read; better given by the variable').env(
        'TIDEGAUGE_API_KEY',
      ),
    )
    .option('--no-counts', 'do not count stored events, which reads every events table')
    .action(async (options: VerifyOptions) => {
      const findings = await (options.url === undefined
        ? auditStore(options)
        : auditService(options.url, options.key))
      for (const finding of findings) console.log(findingLine(finding))
      console.log(verdict(findings))
      if (findings.some(({ holesTotal, balanced }) => holesTotal > 0 || !balanced))
        process.exitCode = 1
    })
}

async function auditStore({ config: file, data, counts }: VerifyOptions): Promise<Finding[]> {
  const flags = { 'store.path': data }
  const config = loadConfig({ env: environment(), ...(file === undefined ? {} : { file }), flags })
  const store = await openConfiguredStore(config)
  try {
    const { partitions } = auditIntervals(await store.query(ledgerIntervals()))
    const stored = counts ? await storedEvents(store) : null
    return partitions.map((partition) => ({
      ...partition,
      holesTotal: partition.holes.length,
      stored: stored === null ? null : (stored.get(seriesKey(partition)) ?? 0),
    }))
  } finally {
    await store.close()
  }
}

async function storedEvents(store: Store): Promise<Map<string, number>> {
  const registry = await openModelRegistry(store)
  const stored = new Map<string, number>()
  for (const { spec } of registry.list()) {
    for (const count of await store.query(eventCounts(spec.model))) add(stored, count)
  }
  return stored
}

function add(stored: Map<string, number>, count: SeriesCount): void {
  const key = seriesKey(count)
  stored.set(key, (stored.get(key) ?? 0) + count.events)
}

const seriesKey = ({ source, topic, partition }: LedgerSeries): string =>
  JSON.stringify([source, topic, partition])

interface AuditAnswer {
  readonly partitions: readonly (Omit<Finding, 'stored' | 'holesTotal'> & {
    readonly holes_total: number
  })[]
}

async function auditService(url: string, key: string | undefined): Promise<Finding[]> {
  const address = { url, patienceMs: 20_000, ...(key === undefined ? {} : { key }) }
  const { partitions } = (await askService(address, { path: 'v1/ledger/audit' })) as AuditAnswer
  return partitions.map(({ holes_total: holesTotal, ...partition }) => ({
    ...partition,
    holesTotal,
    stored: null,
  }))
}

const shownRanges = 5

function findingLine(finding: Finding): string {
  const { source, topic, partition, holes, holesTotal, intervals } = finding
  const { batches, balanced, counts } = finding
  const first = intervals[0]?.from ?? 0
  const last = intervals.at(-1)?.to ?? 0
  const missing = `${holesTotal === 1 ? '1 hole' : `${holesTotal} holes`}: ${rangesText(holes, holesTotal)}`
  return [
    `${holesTotal === 0 ? 'whole' : 'HOLED'}  ${source} ${topic} ${partition}: offsets ${first}–${last}`,
    ...(holesTotal === 0 ? [] : [missing]),
    `${counts.rows} events, ${counts.labels} labels, ${counts.rejected} rejected in ${batches} batches`,
    ...accountText(counts),
    ...(balanced ? [] : ['its account DOES NOT ADD UP']),
    ...storedText(finding),
  ].join('; ')
}

function accountText({ held, skipped, absent, lost }: LedgerCounts): string[] {
  return [
    ...(held === 0 ? [] : [`${held} waited for their other half`]),
    ...(skipped === 0 ? [] : [`${skipped} skipped`]),
    ...(absent === 0 ? [] : [`${absent} offsets without a message`]),
    ...(lost === 0 ? [] : [`${lost} LOST to the topic's retention before they were read`]),
  ]
}

function rangesText(ranges: readonly OffsetRange[], total: number): string {
  const shown = ranges
    .slice(0, shownRanges)
    .map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`))
  return shown.join(', ') + (total > shown.length ? ', …' : '')
}

/** Replays and repeated ids leave fewer events than were written; what has expired counts no more. */
function storedText({ stored, counts: { rows } }: Finding): string[] {
  if (stored === null) return []
  if (stored === rows) return ['all of them kept']
  if (stored < rows) return [`${stored} kept, ${rows - stored} replaced by their like or expired`]
  return [
    `${stored} kept, ${stored - rows} of them of a batch that is not acknowledged yet: its sender sends it again`,
  ]
}

function verdict(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'The ledger is empty: nothing has been taken yet.'
  const holes = findings.reduce((sum, { holesTotal }) => sum + holesTotal, 0)
  if (holes > 0)
    return `${holes} ranges of offsets are missing: they were never acknowledged, or their ledger rows are lost.`
  const unbalanced = findings.filter(({ balanced }) => !balanced).length
  if (unbalanced > 0)
    return `${unbalanced} partitions do not add up: their ledger rows were not written by this program.`
  const lost = findings.reduce((sum, { counts }) => sum + counts.lost, 0)
  const still = lost === 0 ? '' : ` ${lost} messages were deleted by Kafka before they were read.`
  return `No offset is missing, in ${findings.length} partitions.${still}`
}
