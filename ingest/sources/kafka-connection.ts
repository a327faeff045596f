import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { Config } from '../../core/config.ts'
import { createTokenSource } from './kafka-token.ts'

type Cluster = Config['kafka']['clusters'][string]

/** Throws what reading a file throws. */
export function tlsOptions(tls: NonNullable<Cluster['tls']>): ConnectionOptions {
  const { ca, cert, key, servername } = tls
  return {
    rejectUnauthorized: tls.rejectUnauthorized,
    ...(ca === undefined ? {} : { ca: [readFileSync(ca, 'utf8')] }),
    ...(cert === undefined ? {} : { cert: readFileSync(cert, 'utf8') }),
    ...(key === undefined ? {} : { key: readFileSync(key, 'utf8') }),
    ...(servername === undefined ? {} : { servername }),
  }
}

export type SaslOptions =
  | {
      readonly mechanism: 'oauthbearer'
      readonly oauthBearerProvider: () => Promise<{ value: string }>
    }
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      readonly password: string
    }

/** Secrets are looked up whenever a connection is made: the client reads the properties then. */
export function saslOptions(
  sasl: NonNullable<Cluster['sasl']>,
  secret: (reference: string) => string,
): SaslOptions {
  const { mechanism, username = '', password = '' } = sasl
  if (mechanism === 'oauthbearer') {
    const token = createTokenSource(sasl, secret)
    return { mechanism, oauthBearerProvider: async () => ({ value: await token() }) }
  }
  return {
    mechanism,
    username,
    get password() {
      return secret(password)
    },
  }
}
