import { Command, InvalidArgumentError, Option } from 'commander'
import { AppError } from '../core/errors.ts'
import { rejectReasons } from '../core/names.ts'
import { serviceAddress, withServiceOptions, type ServiceOptions } from './service-options.ts'
import { askService } from './service-request.ts'
import { tableText } from './table-text.ts'

interface Filters {
  readonly model?: string
  readonly reason?: string
  readonly from?: string
  readonly to?: string
}

interface ListOptions extends ServiceOptions, Filters {
  readonly replayed?: boolean
  readonly limit: number
}

interface ReplayOptions extends ServiceOptions, Filters {
  readonly all: boolean
}

/** A dead letter as the API publishes it. */
interface Letter {
  readonly id: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly model: string
  readonly reason: string
  readonly detail: string
  readonly received_at: string
  readonly replayed_at: string | null
}

/** `dead-letters list | replay`: what was refused, and its second chance. */
export function deadLettersCommand(): Command {
  const command = new Command('dead-letters').description(
    'Look at refused messages and send them in again (docs/how-to/dead-letters.md).',
  )
  command.addCommand(listCommand())
  command.addCommand(replayCommand())
  return command
}

const withFilters = (command: Command): Command =>
  command
    .option('--model <model>', 'of this model')
    .addOption(new Option('--reason <reason>', 'refused for this').choices(rejectReasons))
    .option('--from <time>', 'received at or after this time, ISO 8601')
    .option('--to <time>', 'received before this time')

function listCommand(): Command {
  const command = new Command('list').description('Refused messages, newest first.')
  withFilters(command)
    .addOption(new Option('--replayed', 'only those that were sent in again'))
    .addOption(new Option('--no-replayed', 'only those that were not').default(undefined))
    .option('--limit <number>', 'at most so many', parseLimit, 100)
  return withServiceOptions(command, 'read').action(async (options: ListOptions) => {
    const { replayed, limit } = options
    const asked = {
      ...filtersOf(options),
      limit: String(limit),
      ...(replayed === undefined ? {} : { replayed: String(replayed) }),
    }
    const path = `v1/dead-letters?${new URLSearchParams(asked).toString()}`
    const { rows } = (await askService(serviceAddress(options), { path })) as { rows: Letter[] }
    const text = () => (rows.length === 0 ? 'No dead letters.' : table(rows))
    console.log(options.format === 'json' ? JSON.stringify(rows, null, 2) : text())
  })
}

function replayCommand(): Command {
  const command = new Command('replay')
    .description('Send refused messages in again, those that were not yet; twice counts once.')
    .argument('[ids...]', 'those that `list --format json` gave these ids; else by filter')
  withFilters(command).option('--all', 'every one of them', false)
  return withServiceOptions(command, 'write').action(
    async (ids: readonly string[], options: ReplayOptions) => {
      const answer = (await askService(serviceAddress(options), {
        path: 'v1/dead-letters/replay',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(selection(ids, options)),
      })) as { replayed: number; accepted: number; rejected: number }
      const { replayed, accepted, rejected } = answer
      const text = `replayed ${replayed} messages: ${accepted} events and labels accepted, ${rejected} refused again`
      console.log(options.format === 'json' ? JSON.stringify(answer, null, 2) : text)
    },
  )
}

/** What to send again; everything only where that is said. */
function selection(ids: readonly string[], options: ReplayOptions): object {
  const filter = filtersOf(options)
  const given = [ids.length > 0, Object.keys(filter).length > 0, options.all]
  if (given.filter(Boolean).length !== 1) {
    throw new AppError('REQUEST_INVALID', 'give either ids, or filters, or --all')
  }
  return ids.length > 0 ? { ids } : { filter }
}

/** As ISO 8601 takes them; the service knows what is wrong with others. */
function filtersOf({ model, reason, from, to }: Filters): Record<string, string> {
  return {
    ...(model === undefined ? {} : { model }),
    ...(reason === undefined ? {} : { reason }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  }
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
    throw new InvalidArgumentError('a number from 1 to 10000')
  }
  return limit
}

const table = (letters: readonly Letter[]): string =>
  tableText(
    ['received', 'topic', 'partition', 'offset', 'model', 'reason', 'detail', 'replayed'],
    letters.map((letter) => [
      ...[letter.received_at, letter.topic, letter.partition, letter.offset, letter.model],
      ...[letter.reason, letter.detail, letter.replayed_at],
    ]),
  )
