import { skipped, type Decoded, type Half } from './decoder.ts'
import { joinHalves } from './join-halves.ts'
import type { Halves } from './options.ts'

/**
 * A half as the decoding wants it: to wait for the other one, or, where only this side is logged, the
 * events that it is worth alone: features without an output, or an output without features.
 */
export function waitingHalf(half: Half, halves: Halves): Decoded {
  if (halves === 'both') return { kind: 'half', half }
  if (halves === 'requests') {
    return half.side === 'request' ? joinHalves(half, noResponse(half)) : skipped('unwanted_half')
  }
  return half.side === 'response' ? joinHalves(noRequest(half), half) : skipped('unwanted_half')
}

type Request = Extract<Half, { side: 'request' }>
type Response = Extract<Half, { side: 'response' }>

const noResponse = (half: Request): Response => ({
  ...half,
  side: 'response',
  tags: {},
  rows: half.rows.map(() => ({})),
  latencyMs: null,
  error: null,
})

const noRequest = (half: Response): Request => ({
  pair: half.pair,
  id: half.id,
  ts: half.ts,
  model: half.model,
  version: half.version,
  variant: half.variant,
  tags: half.tags,
  side: 'request',
  rows: half.rows.map(() => ({})),
})
