import { Command, InvalidArgumentError } from 'commander'
import { serviceAddress, withServiceOptions, type ServiceOptions } from './service-options.ts'
import { askService } from './service-request.ts'
import { tableText } from './table-text.ts'

/** A partition that was halted, as the API publishes it. */
interface Partition {
  readonly source: string
  readonly topic: string
  readonly partition: number
  readonly state: string
  readonly offset: number
  readonly reason: string
  readonly detail: string
  readonly refused: number
  readonly seen: number
  readonly released_by: string
  readonly halted_at: string
}

/** `partitions [list] | release`: what ingestion has halted because too much of it was refused. */
export function partitionsCommand(): Command {
  const command = new Command('partitions').description(
    'Look at halted partitions of Kafka and let them go on (docs/how-to/dead-letters.md).',
  )
  command.addCommand(listCommand(), { isDefault: true })
  command.addCommand(releaseCommand())
  return command
}

function listCommand(): Command {
  const command = new Command('list').description(
    'Partitions that are halted, and those that were; also what `partitions` alone does.',
  )
  return withServiceOptions(command, 'read').action(async (options: ServiceOptions) => {
    const answer = await askService(serviceAddress(options), { path: 'v1/partitions' })
    const { partitions } = answer as { partitions: readonly Partition[] }
    const text = () => (partitions.length === 0 ? 'No partition was halted.' : table(partitions))
    console.log(options.format === 'json' ? JSON.stringify(partitions, null, 2) : text())
  })
}

function releaseCommand(): Command {
  const command = new Command('release')
    .description(
      'Go on reading a halted partition: what is refused becomes dead letters until a message is accepted.',
    )
    .argument('<source>', 'such as kafka:main')
    .argument('<topic>', 'as `partitions` shows it')
    .argument('<partition>', 'its number', parsePartition)
  return withServiceOptions(command, 'admin').action(release)
}

async function release(
  source: string,
  topic: string,
  partition: number,
  options: ServiceOptions,
): Promise<void> {
  const answer = await askService(serviceAddress(options), {
    path: 'v1/partitions/release',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ source, topic, partition }),
  })
  const released = answer as Partition
  const text = `released ${topic}, partition ${partition}: within half a minute it goes on at offset ${released.offset}`
  console.log(options.format === 'json' ? JSON.stringify(released, null, 2) : text)
}

function parsePartition(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError('no partition')
  return Number(text)
}

const table = (partitions: readonly Partition[]): string =>
  tableText(
    ['source', 'topic', 'partition', 'state', 'since', 'offset', 'refused', 'of', 'reason', 'by'],
    partitions.map((row) => [
      ...[row.source, row.topic, row.partition, row.state, row.halted_at],
      ...[row.offset, row.refused, row.seen],
      ...[row.detail === '' ? row.reason : `${row.reason}: ${row.detail}`, row.released_by],
    ]),
  )
