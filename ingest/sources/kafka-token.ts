import { request } from 'undici'
import type { Config } from '../../core/config.ts'
import { AppError } from '../../core/errors.ts'

type Sasl = NonNullable<Config['kafka']['clusters'][string]['sasl']>

const deadlineMs = 10_000
const mostBytes = 64 * 1024
// A token is not used in the last part of its life: connections are authenticated some time after.
const spareMs = 30_000

/** Where bearer tokens come from: a secret that something else renews, or client credentials. */
export function createTokenSource(
  sasl: Sasl,
  secret: (reference: string) => string,
  now: () => number = Date.now,
): () => Promise<string> {
  const { token, tokenUrl } = sasl
  if (tokenUrl === undefined) return async () => secret(token ?? '')
  let held: { value: string; until: number } | null = null
  return async () => {
    if (held === null || held.until <= now()) {
      const { value, lifeMs } = await issuedToken(tokenUrl, sasl, secret)
      held = { value, until: now() + lifeMs - spareMs }
    }
    return held.value
  }
}

/** RFC 6749, 4.4. Throws KAFKA_REFUSED where the issuer refuses, KAFKA_UNAVAILABLE where it is away. */
async function issuedToken(
  url: string,
  { clientId = '', clientSecret = '', scope }: Sasl,
  secret: (reference: string) => string,
): Promise<{ value: string; lifeMs: number }> {
  const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret(clientSecret))}`
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope === undefined ? {} : { scope }),
  })
  const { status, text } = await post(url, credentials, form.toString())
  if (status >= 400 && status < 500 && status !== 429) {
    throw new AppError('KAFKA_REFUSED', `the issuer of tokens answered ${status}`)
  }
  const { access_token: value, expires_in: seconds } = parsed(text)
  if (status >= 400 || typeof value !== 'string') {
    throw new AppError(
      'KAFKA_UNAVAILABLE',
      `the issuer of tokens answered ${status} without a token`,
    )
  }
  return { value, lifeMs: (typeof seconds === 'number' ? seconds : 0) * 1000 }
}

async function post(
  url: string,
  credentials: string,
  form: string,
): Promise<{ status: number; text: string }> {
  const signal = AbortSignal.timeout(deadlineMs)
  try {
    const { statusCode, body } = await request(url, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: form,
      signal,
    })
    let text = ''
    for await (const chunk of body) {
      text += String(chunk)
      if (text.length > mostBytes) throw new RangeError('its answer is too long')
    }
    return { status: statusCode, text }
  } catch (cause) {
    throw new AppError('KAFKA_UNAVAILABLE', 'the issuer of tokens did not answer', { cause })
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
