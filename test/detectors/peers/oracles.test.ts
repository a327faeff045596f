import { describe, expect, test } from 'vitest'
import { peerMethodNamed, peerNamed } from '../../../detectors/peers/catalogue.ts'
import { learntThreshold } from '../../../detectors/peers/nannyml.ts'
import { peerScore, type PeerSample } from '../../../detectors/peers/peer.ts'
import alibiDetect from '../../fixtures/detectors/peers/alibi-detect.json' with { type: 'json' }
import cases from '../../fixtures/detectors/peers/cases.json' with { type: 'json' }
import deequ from '../../fixtures/detectors/peers/deequ.json' with { type: 'json' }
import deepchecks from '../../fixtures/detectors/peers/deepchecks.json' with { type: 'json' }
import evidently from '../../fixtures/detectors/peers/evidently.json' with { type: 'json' }
import nannyml from '../../fixtures/detectors/peers/nannyml.json' with { type: 'json' }
import whylogs from '../../fixtures/detectors/peers/whylogs.json' with { type: 'json' }

interface Answer {
  readonly value: number | null
  /** Its greatest answer, where it is not the same in every run. */
  readonly to?: number
  readonly drifted?: boolean
  readonly threshold?: number | null
  readonly p?: number | null
}

interface Oracle {
  readonly kind: string
  readonly name: string
  readonly choice?: string
  readonly methods: Readonly<Record<string, Answer | undefined>>
}

/** Ten thousand values by the formula of bench/oracles/peers.py. */
function large(): PeerSample {
  const at = (i: number, step: number) => ((i + 1) * step) % 1
  return {
    kind: 'numeric',
    reference: Array.from({ length: 10_500 }, (_, i) => at(i, 0.6180339887498949)),
    current: Array.from({ length: 2000 }, (_, i) => 1.2 * at(i, 0.41421356237309515) - 0.05),
  }
}

function sampleOf({ kind, name }: Oracle): PeerSample {
  const found = cases.find((each) => each.kind === kind && each.name === name)
  return found === undefined ? large() : (found as unknown as PeerSample)
}

/** whylogs' sketches are random beyond some hundred values. */
const isRandom = (oracle: Oracle) => oracle.name === 'more than a thousand'

function answers(oracles: readonly Oracle[]) {
  const fixed = oracles.filter((oracle) => oracles !== whylogs || !isRandom(oracle))
  return fixed.flatMap((oracle) =>
    Object.entries(oracle.methods).map(([id, answer]) => ({
      id,
      kind: oracle.kind,
      name: oracle.name,
      answer: answer!,
      sample: sampleOf(oracle),
    })),
  )
}

/** Where single precision or an interpolated tail allows no more. */
const digits = (id: string) => (id.startsWith('ks/whylogs') ? 4 : id.includes('alibi') ? 4 : 9)

describe.each([
  ['Evidently', evidently],
  ['NannyML', nannyml],
  ['alibi-detect', alibiDetect],
  ['whylogs', whylogs],
  ['deepchecks', deepchecks],
] as const)('%s', (_, oracles) => {
  test.each(answers(oracles as unknown as Oracle[]))(
    '$id answers the same: $kind, $name',
    ({ id, answer, sample }) => {
      const method = peerMethodNamed(id)!
      const score = peerScore(method, sample, answer.threshold ?? method.threshold)
      if (answer.value === null) {
        expect(score).toBeNull()
        return
      }
      if (answer.to === undefined) expect(score!.value).toBeCloseTo(answer.value, digits(id))
      else {
        expect(score!.value).toBeGreaterThanOrEqual(answer.value)
        expect(score!.value).toBeLessThanOrEqual(answer.to)
      }
      if (answer.drifted !== undefined) expect(score!.drifted).toBe(answer.drifted)
    },
  )
})

test.each(alibiDetect as unknown as Oracle[])('alibi-detect’s p-values: $kind, $name', (oracle) => {
  for (const [id, answer] of Object.entries(oracle.methods)) {
    const judged = peerMethodNamed(id)!.number(sampleOf(oracle))?.judged
    expect(judged).toBeCloseTo(answer!.p!, 4)
  }
})

test.each(evidently as unknown as Oracle[])(
  'Evidently chooses the same: $kind, $name',
  (oracle) => {
    const names: Readonly<Record<string, string>> = {
      jensenshannon: 'js',
      chisquare: 'chi2',
      wasserstein: 'wasserstein',
      ks: 'ks',
      z: 'z',
    }
    const chosen = peerNamed('evidently')!.chooseTest(sampleOf(oracle))
    expect(chosen.metric).toBe(names[oracle.choice!])
  },
)

test('NannyML learns its threshold from chunks of the reference', () => {
  const first = nannyml[0]! as unknown as Oracle
  const { reference } = sampleOf(first) as Extract<PeerSample, { kind: 'numeric' }>
  for (const id of ['js/nannyml-0.13', 'ks/nannyml-0.13', 'wasserstein/nannyml-0.13']) {
    const chunks = Array.from({ length: 6 }, (_, i) => reference.slice(20 * i, 20 * i + 20))
    const values = chunks.map(
      (current) => peerScore(peerMethodNamed(id)!, { kind: 'numeric', reference, current })!.value,
    )
    expect(learntThreshold(values)).toBeCloseTo(first.methods[id]!.threshold!, 9)
  }
})

const spread = (counts: Readonly<Record<string, number | undefined>>): string[] =>
  Object.entries(counts).flatMap(([key, count = 0]) => new Array<string>(count).fill(key))

test.each(deequ)('Deequ’s χ²: $name', ({ reference, current, statistic, p }) => {
  const found = peerMethodNamed('chi2/sagemaker')!.number({
    kind: 'categorical',
    reference: spread(reference),
    current: spread(current),
  })
  if (statistic === null) {
    expect(found).toBeNull()
    return
  }
  expect(found!.value).toBeCloseTo(statistic, 9)
  expect(found!.judged).toBeCloseTo(p, 9)
})
