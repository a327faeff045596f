import type { Query } from '../query.ts'

export interface ApiKeyRecord {
  readonly id: string
  readonly name: string
  /** SHA-256 of the whole key, hex. */
  readonly digest: string
  readonly scopes: readonly string[]
  /** Empty: not bound to models. */
  readonly models: readonly string[]
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  readonly createdAt: Date
}

/** Every key there ever was, revoked and expired ones too. */
export function apiKeysList(): Query<ApiKeyRecord> {
  return {
    name: 'api-keys-list',
    sql: `
SELECT key_id, name, digest, scopes, models,
  toUnixTimestamp64Milli(expires_at) AS expires_ms,
  toUnixTimestamp64Milli(revoked_at) AS revoked_ms,
  toUnixTimestamp64Milli(created_at) AS created_ms
FROM api_keys FINAL
ORDER BY created_at, key_id`,
    params: {},
    toRow: (raw) => ({
      id: String(raw['key_id']),
      name: String(raw['name']),
      digest: String(raw['digest']),
      scopes: raw['scopes'] as string[],
      models: raw['models'] as string[],
      expiresAt: time(raw['expires_ms']),
      revokedAt: time(raw['revoked_ms']),
      createdAt: new Date(Number(raw['created_ms'])),
    }),
  }
}

const time = (ms: unknown): Date | null => (ms === null ? null : new Date(Number(ms)))
