import { scopes, type Scope } from '../core/names.ts'
import type { Store } from '../store/client.ts'
import { insertRows } from '../store/insert-rows.ts'
import { apiKeysList, type ApiKeyRecord } from '../store/queries/api-keys-list.ts'
import type { ApiKey, ApiKeys } from './ports.ts'

/** How long a key that was just revoked may still be taken. */
const cacheMs = 5_000

/**
 * Keys of the configuration and of table `api_keys`, the table read at most every five seconds. When
 * it cannot be read the last answer stands; when it never could be, only configured keys get in.
 * `required` closes the API even before the first key is made.
 */
export function cachedApiKeys(
  store: Pick<Store, 'query'>,
  { configured, required }: { configured: readonly ApiKey[]; required: boolean },
  clock: { now: () => number },
): ApiKeys {
  let keys: ReadonlyMap<string, ApiKey> | null = null
  let readAt = -Infinity
  let reading: Promise<ReadonlyMap<string, ApiKey>> | null = null

  const read = async (): Promise<ReadonlyMap<string, ApiKey>> => {
    const stored = await store.query(apiKeysList())
    keys = new Map(stored.map((record) => [record.id, toApiKey(record)]))
    readAt = clock.now()
    return keys
  }
  const current = async (): Promise<ReadonlyMap<string, ApiKey>> => {
    if (keys !== null && clock.now() - readAt < cacheMs) return keys
    reading ??= read().finally(() => {
      reading = null
    })
    const known = keys
    return known === null
      ? reading
      : reading.catch(() => {
          readAt = clock.now()
          return known
        })
  }
  return {
    // The operator's file is not overruled by a table, and serves while the store is away.
    find: async (id) => configured.find((key) => key.id === id) ?? (await current()).get(id),
    any: async () => required || configured.length > 0 || (await current()).size > 0,
  }
}

function toApiKey(record: ApiKeyRecord): ApiKey {
  return {
    id: record.id,
    name: record.name,
    digest: record.digest,
    scopes: record.scopes.filter(isScope),
    models: record.models.length === 0 ? null : record.models,
    expiresAt: record.expiresAt,
    revokedAt: record.revokedAt,
  }
}

const isScope = (text: string): text is Scope => scopes.some((scope) => scope === text)

/** Stores a key, or a later state of one. */
export async function saveApiKey(
  store: Pick<Store, 'command'>,
  key: ApiKeyRecord,
  changedAt: Date,
): Promise<void> {
  await insertRows(store, 'api_keys', columns, [
    [
      key.id,
      key.name,
      key.digest,
      key.scopes,
      key.models,
      key.expiresAt,
      key.revokedAt,
      key.createdAt,
      changedAt,
    ],
  ])
}

const columns = [
  'key_id',
  'name',
  'digest',
  'scopes',
  'models',
  'expires_at',
  'revoked_at',
  'created_at',
  'changed_at',
] as const
