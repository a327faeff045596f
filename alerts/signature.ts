import { Webhook } from 'standardwebhooks'
import { AppError } from '../core/errors.ts'

export interface SignedContent {
  /** Must hold no dot: it is the separator of what is signed. */
  readonly id: string
  /** Of the attempt, not of the message. */
  readonly at: Date
  readonly body: string
}

/**
 * Headers of Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`. With several secrets
 * there are several signatures, so that a receiver may know the old or the new one while secrets
 * rotate; with none the message goes unsigned. A secret is `whsec_` and base64, or any raw text.
 *
 * Throws CONFIG_INVALID for a secret that is empty or no base64.
 *
 * Ref: https://www.standardwebhooks.com
 */
export function signatureHeaders(
  content: SignedContent,
  secrets: readonly string[],
): Record<string, string> {
  const { id, at, body } = content
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at.getTime() / 1000)) }
  if (secrets.length === 0) return headers
  const signatures = secrets.map((secret) => signer(secret).sign(id, at, body))
  return { ...headers, 'webhook-signature': signatures.join(' ') }
}

/** Secrets as an operator writes them in one variable or file: separated by spaces or lines, newest first. */
export const secretsOf = (text: string): string[] => text.split(/\s+/).filter((part) => part !== '')

function signer(secret: string): Webhook {
  try {
    return secret.startsWith('whsec_')
      ? new Webhook(secret)
      : new Webhook(new TextEncoder().encode(secret), { format: 'raw' })
  } catch (error) {
    // The cause might quote the secret.
    throw new AppError('CONFIG_INVALID', 'a webhook secret is no base64 after whsec_, or empty', {
      details: { problem: error instanceof Error ? error.name : 'unknown' },
    })
  }
}
