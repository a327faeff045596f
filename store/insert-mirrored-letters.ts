import type { Store } from './client.ts'
import type { DeadLetter } from './insert-dead-letters.ts'
import { insertRows } from './insert-rows.ts'

const columns = ['source', 'topic', 'partition', 'offset', 'received_at', 'mirrored_at'] as const

/** Notes that letters are in the mirror topic. Safe to repeat. `mirroredAt` in epoch ms. */
export async function insertMirroredLetters(
  store: Pick<Store, 'command'>,
  letters: readonly DeadLetter[],
  mirroredAt: number,
): Promise<void> {
  const rows = letters.map(({ source, topic, partition, offset, receivedAt }) => [
    ...[source, topic, partition, offset, new Date(receivedAt), new Date(mirroredAt)],
  ])
  await insertRows(store, 'mirrored_letters', columns, rows)
}
