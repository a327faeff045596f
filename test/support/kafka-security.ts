import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { KafkaConfig } from 'kafkajs'

const run = promisify(execFile)

/** How clients must come. Nodes among themselves, and the helpers of tests, use a plain listener. */
export interface KafkaSecurity {
  /** `tls` alone asks for a client certificate and lets in who has none. */
  readonly security?: 'tls' | 'sasl-plain' | 'sasl-scram' | 'oauthbearer-unsecured'
  /** True: SASL over TLS. */
  readonly encrypted?: boolean
}

/** What a client needs to be let in; null: not asked for. */
export interface KafkaAccess {
  /** PEM files. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | null
  readonly user: { readonly username: string; readonly password: string } | null
  /** A bearer token, good for a while. */
  readonly token: ((seconds?: number) => string) | null
}

export const testUser = { username: 'tidegauge', password: 'tide-and-time' }

/** Security of the client listener as lines of server.properties. */
export function securityProperties(
  { security, encrypted = false }: KafkaSecurity,
  root: string,
): Record<string, string> {
  const sasl = security !== undefined && security !== 'tls'
  const tls = security === 'tls' || encrypted
  const protocol = sasl ? (tls ? 'SASL_SSL' : 'SASL_PLAINTEXT') : tls ? 'SSL' : 'PLAINTEXT'
  return {
    'listener.security.protocol.map': `CLIENT:${protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    ...(tls
      ? prefixed({
          'ssl.keystore.type': 'PEM',
          'ssl.keystore.location': join(root, 'broker.pem'),
          'ssl.truststore.type': 'PEM',
          'ssl.truststore.location': join(root, 'ca.pem'),
          'ssl.client.auth': sasl ? 'none' : 'requested',
        })
      : {}),
    ...(sasl ? saslProperties(security) : {}),
  }
}

const prefixed = (properties: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [`listener.name.client.${name}`, value]),
  )

function saslProperties(security: 'sasl-plain' | 'sasl-scram' | 'oauthbearer-unsecured') {
  const { username, password } = testUser
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const modules = {
    'sasl-plain': {
      PLAIN: `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`,
    },
    'sasl-scram': { 'SCRAM-SHA-256': scram, 'SCRAM-SHA-512': scram },
    'oauthbearer-unsecured': {
      OAUTHBEARER:
        'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
    },
  }[security]
  const mechanisms = Object.entries(modules).map(
    ([mechanism, module]) => [`${mechanism.toLowerCase()}.sasl.jaas.config`, module] as const,
  )
  return prefixed({
    'sasl.enabled.mechanisms': Object.keys(modules).join(','),
    ...Object.fromEntries(mechanisms),
  })
}

/** Makes the keys that the security needs; they live and end with the directory. */
export async function prepareAccess(
  { security, encrypted = false }: KafkaSecurity,
  root: string,
): Promise<KafkaAccess> {
  const tls = security === 'tls' || encrypted
  if (tls) await makeCertificates(root)
  return {
    tls: tls
      ? {
          ca: join(root, 'ca.pem'),
          cert: join(root, 'client.crt'),
          key: join(root, 'client.key'),
        }
      : null,
    user: security === 'sasl-plain' || security === 'sasl-scram' ? testUser : null,
    token: security === 'oauthbearer-unsecured' ? unsecuredToken : null,
  }
}

async function makeCertificates(root: string): Promise<void> {
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const make = async (name: string, options: readonly string[]): Promise<void> => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`]
    const rest = ['-nodes', '-days', '2', '-subj', `/CN=tidegauge test ${name}`]
    await run('openssl', [...request, ...rest, ...files, ...options], { cwd: root })
  }
  await make('ca', [])
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-addext', 'basicConstraints=CA:FALSE']
  await make('broker', [...signed, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'])
  await make('client', signed)
  const pem = (name: string): Promise<string> => readFile(join(root, name), 'utf8')
  await writeFile(join(root, 'ca.pem'), await pem('ca.crt'))
  await writeFile(join(root, 'broker.pem'), (await pem('broker.key')) + (await pem('broker.crt')))
}

/** A JWT without signature, which a broker takes whose validator is the unsecured one. */
function unsecuredToken(seconds = 300): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: 'tidegauge', iat: now, exp: now + seconds })}.`
}

/** The same for kafkajs. */
export function kafkajsAccess(
  { tls, user, token }: KafkaAccess,
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512',
): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ...(tls === null
      ? {}
      : {
          ssl: {
            ca: [readFileSync(tls.ca, 'utf8')],
            cert: readFileSync(tls.cert, 'utf8'),
            key: readFileSync(tls.key, 'utf8'),
          },
        }),
    ...(user === null ? {} : { sasl: { mechanism: mechanism as 'plain', ...user } }),
    ...(token === null
      ? {}
      : {
          sasl: {
            mechanism: 'oauthbearer' as const,
            oauthBearerProvider: async () => ({ value: token() }),
          },
        }),
  }
}
