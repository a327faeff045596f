import { setImmediate as breathe } from 'node:timers/promises'
import type { ModelSpec } from '../core/model-spec.ts'
import { verdictMethod } from '../detectors/peers/peer-metrics.ts'
import { peerMethods, peerNamed } from '../detectors/peers/catalogue.ts'
import { chunkThreshold } from '../detectors/peers/chunk-threshold.ts'
import {
  peerScoreSteps,
  type Peer,
  type PeerMethod,
  type PeerSample,
  type PeerScore,
} from '../detectors/peers/peer.ts'
import type { ModelBinning } from '../store/binning.ts'
import { sourcesOf, type Source } from '../store/queries/profile-source.ts'
import { armKey } from './evaluate-windows.ts'
import type { RowScore } from './evaluate.ts'
import { chunksOf, sampleOf, type ComparedSamples } from './peer-samples.ts'
import { datasetRows, featureRows } from './peer-rows.ts'
import { isMoving } from './references.ts'
import { sampledArms, type SampledArm, type SampledRowsDeps } from './sampled-rows.ts'
import { inTimeSlices } from './time-slices.ts'

export interface PeerScoresAsk {
  readonly spec: ModelSpec
  readonly windowMs: number
  readonly starts: readonly number[]
  /** Method ids that somebody asks for; those that are no other product's are passed over. */
  readonly methods: ReadonlySet<string>
  /** What texts and embeddings are compared with. */
  readonly references: ModelBinning['references']
}

/** Features whose rows are in memory together. */
const featuresAtOnce = 4

/** What is asked of one feature: methods by name, and the product that chooses one. */
interface Wanted {
  readonly source: Source
  readonly methods: readonly PeerMethod[]
  readonly peer: Peer | null
}

/**
 * What other products would say, by `armKey`: of each feature the number and the verdict of every
 * method asked for and of the one that the preset's product chooses; of the features together the
 * verdict of that product. Over stored rows, up to `row_methods.sample` a side.
 */
export async function peerScores(
  deps: SampledRowsDeps,
  { spec, windowMs, starts, methods, references }: PeerScoresAsk,
): Promise<Map<string, RowScore[]>> {
  const found = new Map<string, RowScore[]>()
  const peer = spec.preset === null ? null : (peerNamed(spec.preset) ?? null)
  const wanted = wantedOf(sourcesOf(spec, references), spec, methods, peer)
  const datasets = new Map<string, Dataset>()
  for (let i = 0; i < wanted.length; i += featuresAtOnce) {
    const group = wanted.slice(i, i + featuresAtOnce)
    const sources = group.map(({ source }) => source)
    const ask = { spec, windowMs, starts, sources, limit: spec.rowMethods.sample }
    for await (const arm of sampledArms(deps, ask)) {
      for (const reference of arm.references) {
        const sides = { arm, reference, sample: await reference.sample(), sources, windowMs }
        for (const one of group) await compare(one, sides, found, datasets)
      }
    }
  }
  if (peer !== null) {
    for (const { key, baseline, chosen, n, m } of datasets.values())
      add(found, key, datasetRows(peer, chosen, { baseline, n, m }))
  }
  return found
}

function wantedOf(
  sources: readonly Source[],
  spec: ModelSpec,
  asked: ReadonlySet<string>,
  peer: Peer | null,
): Wanted[] {
  const named = peerMethods.filter(
    ({ method }) => asked.has(method) || asked.has(verdictMethod(method)),
  )
  return sources.flatMap((source) => {
    const methods = named.filter(({ kinds }) => kinds.includes(source.kind))
    const chooses = peer !== null && spec.features.has(source.name) ? peer : null
    return methods.length === 0 && chooses === null ? [] : [{ source, methods, peer: chooses }]
  })
}

/** The chosen tests of all features of one arm against one baseline. */
interface Dataset {
  readonly key: string
  readonly baseline: string
  readonly chosen: PeerScore[]
  n: number
  m: number
}

async function compare(
  { source, methods, peer }: Wanted,
  sides: ComparedSamples,
  found: Map<string, RowScore[]>,
  datasets: Map<string, Dataset>,
): Promise<void> {
  const { arm, reference, sample } = sides
  const key = armKey(arm.windowStart, arm.version, arm.variant)
  const { baseline } = reference.baseline
  const pair = sampleOf(sides, source)
  // Without any row of the reference there is nothing that a test could be chosen by.
  const chosen = peer === null || sample.rows.length === 0 ? null : peer.chooseTest(pair)
  if (chosen !== null && isMoving(reference.baseline)) {
    const others = (peer?.choices ?? []).filter((m) => m !== chosen && !methods.includes(m))
    add(found, key, withdrawn(others, { baseline, feature: source.name, pair }))
  }
  for (const method of new Set([...methods, ...(chosen === null ? [] : [chosen])])) {
    const threshold = thresholdOf(method, pair, sides, source)
    const score = await inTimeSlices(peerScoreSteps(method, pair, threshold))
    add(found, key, featureRows(method, score, { baseline, feature: source.name, pair }))
    if (method === chosen && score !== null)
      collect(datasets, { key, baseline, arm, n: sample.rows.length }, score)
    // A comparison of many rows takes a while: others are due in between.
    await breathe()
  }
}

/**
 * A moving reference that late events have revised may be one for another test, and its windows have no
 * new revision then by which the rows of the test before would be told.
 */
const withdrawn = (
  others: readonly PeerMethod[],
  compared: Parameters<typeof featureRows>[2],
): RowScore[] =>
  others
    .flatMap((method) => featureRows(method, null, compared))
    .map((row) => ({ ...row, withdrawn: true }))

function thresholdOf(
  method: PeerMethod,
  pair: PeerSample,
  sides: ComparedSamples,
  source: Source,
): number | null {
  return method.threshold ?? chunkThreshold(method, pair, chunksOf(sides, source))
}

function collect(
  datasets: Map<string, Dataset>,
  { key, baseline, arm, n }: { key: string; baseline: string; arm: SampledArm; n: number },
  score: PeerScore,
): void {
  const name = JSON.stringify([key, baseline])
  const m = arm.current.rows.length
  const dataset = datasets.get(name) ?? { key, baseline, chosen: [], n, m }
  dataset.chosen.push(score)
  datasets.set(name, dataset)
}

function add(found: Map<string, RowScore[]>, key: string, rows: readonly RowScore[]): void {
  const scores = found.get(key)
  if (scores === undefined) found.set(key, [...rows])
  else scores.push(...rows)
}
