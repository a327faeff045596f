import { alibiDetect } from './alibi-detect.ts'
import { deepchecks } from './deepchecks.ts'
import { evidently } from './evidently.ts'
import { nannyml } from './nannyml.ts'
import { type Peer, type PeerMethod } from './peer.ts'
import { sagemaker } from './sagemaker.ts'
import { vertex } from './vertex.ts'
import { whylogs } from './whylogs.ts'

/** Products whose statistics are reproduced, each with its own thresholds and choice of tests. */
export const peers: readonly Peer[] = [
  evidently,
  nannyml,
  alibiDetect,
  sagemaker,
  whylogs,
  deepchecks,
  vertex,
]

/** Every compatibility method. */
export const peerMethods: readonly PeerMethod[] = peers.flatMap(({ methods }) => methods)

/** The compatibility method of an id such as `psi/evidently-0.7`. */
export function peerMethodNamed(id: string): PeerMethod | undefined {
  return peerMethods.find(({ method }) => method === id)
}

/** The product of a preset's name, such as `nannyml`. */
export function peerNamed(name: string): Peer | undefined {
  return peers.find((peer) => peer.name === name)
}
