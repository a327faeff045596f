import Table from 'cli-table3'
import { Command, InvalidArgumentError, Option } from 'commander'
import { createApiKey } from '../api/api-keys.ts'
import { storeAudit } from '../api/store-audit.ts'
import { saveApiKey } from '../api/store-keys.ts'
import { durationMs } from '../core/duration.ts'
import { namePattern } from '../core/model-spec.ts'
import { scopes, type Scope } from '../core/names.ts'
import type { Store } from '../store/client.ts'
import { apiKeysList, type ApiKeyRecord } from '../store/queries/api-keys-list.ts'

type KeyStore = Pick<Store, 'query' | 'command' | 'close'>

interface Deps {
  /** Opens the configured store, its schema up to date. The command closes it. */
  readonly openStore: () => Promise<KeyStore>
  readonly clock: { now: () => number }
}

interface CreateOptions {
  readonly name: string
  readonly scope: readonly Scope[]
  readonly model: readonly string[]
  readonly expires?: number
  readonly configOnly: boolean
}

/** `keys create | list | revoke`: who may call the API. */
export function keysCommand({ openStore, clock }: Deps): Command {
  const withStore = async (work: (store: KeyStore) => Promise<void>): Promise<void> => {
    const store = await openStore()
    try {
      await work(store)
    } finally {
      await store.close()
    }
  }
  const command = new Command('keys').description('Make, list and revoke API keys.')
  command
    .addCommand(createCommand(withStore, clock))
    .command('list')
    .description('Show every key there ever was; the keys themselves are not kept.')
    .action(() =>
      withStore(async (store) => {
        print(keyTable(await store.query(apiKeysList())))
      }),
    )
  command
    .command('revoke')
    .description('Refuse a key from now on; a running service follows within seconds.')
    .argument('<id>', 'the part of the key between tgk_ and the next _')
    .action((id: string) =>
      withStore(async (store) => {
        if (!(await revoke(store, id, clock))) command.error(`error: no key "${id}"`)
        print(`revoked ${id}`)
      }),
    )
  return command
}

type WithStore = (work: (store: KeyStore) => Promise<void>) => Promise<void>

function createCommand(withStore: WithStore, clock: Deps['clock']): Command {
  return new Command('create')
    .description('Make a key and print it, this once.')
    .requiredOption('--name <name>', 'who will use it')
    .addOption(
      new Option('--scope <scope...>', 'what it may do; admin implies the others')
        .choices(scopes)
        .makeOptionMandatory(),
    )
    .option('--model <model...>', 'only for these models', collectModels, [])
    .option('--expires <duration>', 'good for, such as 90d', parseDuration)
    .option('--config-only', 'print lines for tidegauge.yaml instead of storing it', false)
    .action(async (options: CreateOptions) => {
      const now = clock.now()
      const { id, key, digest } = createApiKey()
      const record: ApiKeyRecord = {
        id,
        name: options.name,
        digest,
        scopes: options.scope,
        models: options.model,
        expiresAt: options.expires === undefined ? null : new Date(now + options.expires),
        revokedAt: null,
        createdAt: new Date(now),
      }
      if (options.configOnly) print(configLines(record))
      else await withStore((store) => create(store, record, clock))
      print(key)
    })
}

async function create(store: KeyStore, record: ApiKeyRecord, clock: Deps['clock']): Promise<void> {
  const { name, scopes: held, models } = record
  const detail = { name, scopes: held, models }
  await storeAudit(store, clock).record({
    actor: 'cli',
    action: 'key.create',
    subject: record.id,
    detail,
  })
  await saveApiKey(store, record, record.createdAt)
}

/** False when there is no such key. */
async function revoke(store: KeyStore, id: string, clock: Deps['clock']): Promise<boolean> {
  const record = (await store.query(apiKeysList())).find((key) => key.id === id)
  if (record === undefined) return false
  const now = new Date(clock.now())
  await storeAudit(store, clock).record({
    actor: 'cli',
    action: 'key.revoke',
    subject: id,
    detail: {},
  })
  await saveApiKey(store, { ...record, revokedAt: record.revokedAt ?? now }, now)
  return true
}

const configLines = ({ id, name, digest, scopes: held, models }: ApiKeyRecord): string =>
  [
    'auth:',
    '  keys:',
    `    - id: ${id}`,
    `      name: ${JSON.stringify(name)}`,
    `      digest: ${JSON.stringify(digest)}`,
    `      scopes: ${JSON.stringify(held)}`,
    ...(models.length === 0 ? [] : [`      models: ${JSON.stringify(models)}`]),
  ].join('\n')

function keyTable(keys: readonly ApiKeyRecord[]): string {
  const table = new Table({
    head: ['id', 'name', 'scopes', 'models', 'created', 'expires', 'revoked'],
    style: { head: [], border: [] },
  })
  for (const key of keys) {
    table.push([
      key.id,
      key.name,
      key.scopes.join(' '),
      key.models.length === 0 ? 'all' : key.models.join(', '),
      key.createdAt.toISOString(),
      key.expiresAt?.toISOString() ?? 'never',
      key.revokedAt?.toISOString() ?? '',
    ])
  }
  return table.toString()
}

function collectModels(model: string, others: readonly string[]): string[] {
  if (!new RegExp(namePattern, 'u').test(model)) throw new InvalidArgumentError('no model name')
  return [...others, model]
}

function parseDuration(text: string): number {
  try {
    return durationMs(text)
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidArgumentError(error.message)
    throw error
  }
}

function print(text: string): void {
  console.log(text)
}
