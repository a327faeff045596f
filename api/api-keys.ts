import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ApiKey } from './ports.ts'

const keyPattern = /^tgk_([A-Za-z0-9-]{1,64})_[A-Za-z0-9_-]{43}$/

/** A fresh key. The key itself exists only in this answer; what is kept is its digest. */
export function createApiKey(): { id: string; key: string; digest: string } {
  const id = randomBytes(6).toString('hex')
  const key = `tgk_${id}_${randomBytes(32).toString('base64url')}`
  return { id, key, digest: keyDigest(key) }
}

/** SHA-256 of the whole key, hex. A key holds 256 random bits, so a slow hash would add nothing. */
export const keyDigest = (key: string): string => createHash('sha256').update(key).digest('hex')

/** The id inside a key, or null for what cannot be one. */
export const keyId = (key: string): string | null => keyPattern.exec(key)?.[1] ?? null

const nobody = '0'.repeat(64)

/** Whether this is that key and it is in force. Takes the same time whether or not the key exists. */
export function isKeyValid(key: string, stored: ApiKey | undefined, now: number): boolean {
  const expected = Buffer.from(stored?.digest ?? nobody, 'hex')
  const actual = Buffer.from(keyDigest(key), 'hex')
  const same = expected.length === actual.length && timingSafeEqual(expected, actual)
  if (!same || stored === undefined) return false
  return (
    stored.revokedAt === null && (stored.expiresAt === null || stored.expiresAt.getTime() > now)
  )
}
