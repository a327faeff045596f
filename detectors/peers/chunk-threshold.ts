import { learntThreshold } from './nannyml.ts'
import { type PeerMethod, type PeerSample } from './peer.ts'

/** Chunks that a reference is cut into where nothing else says how: NannyML's default. */
export const defaultChunks = 10
/** Chunks that are compared at most: each costs a comparison with the whole reference. */
const mostChunks = 100

/**
 * NannyML's threshold of a method that learns one: its values on chunks of the reference against all
 * of it, mean and three deviations, `ks` at most 1. `chunks` are in the order of time; of more than a
 * hundred every k-th is taken. Null where no chunk has a value. O(chunks · n).
 */
export function chunkThreshold(
  method: PeerMethod,
  reference: PeerSample,
  chunks: readonly PeerSample['current'][],
): number | null {
  const step = Math.max(1, Math.ceil(chunks.length / mostChunks))
  const values = chunks
    .filter((_, i) => i % step === 0)
    .flatMap((current) => method.number({ ...reference, current } as PeerSample)?.value ?? [])
  return learntThreshold(values, method.metric === 'ks' ? 1 : Infinity)
}

/** A list in about equally long parts, in order; fewer where it is short. */
export function equalParts<T>(list: readonly T[], parts = defaultChunks): T[][] {
  const count = Math.min(parts, list.length)
  return Array.from({ length: count }, (_, i) =>
    list.slice(Math.floor((i * list.length) / count), Math.floor(((i + 1) * list.length) / count)),
  )
}
