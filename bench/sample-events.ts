/** In the ids of events, for as many digits that tell one round of them from another. */
export const roundMark = 'ROUND0'

/** Events of 16 numeric and 4 categorical features, about 600 bytes of JSON each; the same on every run. */
export function sampleEvents(count: number, base: number): string[] {
  let state = 42
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: count }, (_, i) => sampleEvent(i, base, random))
}

function sampleEvent(i: number, base: number, random: () => number): string {
  const features: Record<string, unknown> = {}
  for (let k = 0; k < 16; k++) features[`n${k}`] = Math.round(random() * 1e6) / 1e3
  for (let k = 0; k < 4; k++) {
    features[`c${k}`] = `v${Math.floor(random() * ([3, 12, 50, 50][k] ?? 3))}`
  }
  return JSON.stringify({
    model: 'bench',
    version: '1',
    id: `e-${roundMark}-${String(i).padStart(7, '0')}`,
    ts: new Date(base + i).toISOString(),
    features,
    prediction: i % 2,
    score: random(),
  })
}

/** The event with an id of its own in this round. */
export const inRound = (event: string, round: number): string =>
  event.replace(roundMark, roundDigits(round))

export const roundDigits = (round: number): string => String(round).padStart(roundMark.length, '0')

/** Events a second of JSON.parse on one core: what any pipeline of JSON has to pay. */
export function parseFloor(texts: readonly string[]): number {
  let best = Infinity
  for (let round = 0; round < 3; round++) {
    const started = performance.now()
    for (const text of texts) JSON.parse(text)
    best = Math.min(best, performance.now() - started)
  }
  return (texts.length * 1000) / best
}
