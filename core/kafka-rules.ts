import type { ConfigValues } from './config-schema.ts'
import type { Path } from './problems.ts'
import { foundText, type Finding } from './schema-problems.ts'
import { durationMs } from './duration.ts'

type Kafka = ConfigValues['kafka']
type Cluster = Kafka['clusters'][string]

function wrong(path: Path, message: string): Finding {
  return { path, part: 'value', message }
}

/** What the schema cannot say about the section `kafka`. */
export function kafkaFindings(kafka: Kafka): Finding[] {
  return [
    ...Object.entries(kafka.clusters).flatMap(([name, cluster]) =>
      clusterFindings(cluster, ['kafka', 'clusters', name]),
    ),
    ...kafka.sources.flatMap((source, index) =>
      sourceFindings(source, kafka, ['kafka', 'sources', index]),
    ),
    ...(kafka.dead_letters === undefined
      ? []
      : clusterNameFindings(kafka.dead_letters.cluster, kafka, [
          'kafka',
          'dead_letters',
          'cluster',
        ])),
  ]
}

function clusterFindings(cluster: Cluster, path: Path): Finding[] {
  const { session_timeout, heartbeat_interval, tls, sasl } = cluster
  const findings: Finding[] = []
  if (durationMs(heartbeat_interval) * 3 > durationMs(session_timeout)) {
    findings.push(
      wrong(
        path,
        `heartbeat_interval is ${heartbeat_interval}, more than a third of session_timeout, which is ${session_timeout}`,
      ),
    )
  }
  if ((tls?.cert === undefined) !== (tls?.key === undefined)) {
    findings.push(wrong([...path, 'tls'], 'cert and key belong together: give both'))
  }
  return [...findings, ...(sasl === undefined ? [] : saslFindings(sasl, [...path, 'sasl']))]
}

function saslFindings(sasl: NonNullable<Cluster['sasl']>, path: Path): Finding[] {
  const { mechanism, token, token_url } = sasl
  const missing = (keys: readonly (keyof typeof sasl)[]) =>
    keys
      .filter((key) => sasl[key] === undefined)
      .map((key) => wrong(path, `${mechanism} needs ${key}`))
  if (mechanism !== 'oauthbearer') return missing(['username', 'password'])
  if ((token === undefined) === (token_url === undefined)) {
    return [wrong(path, 'oauthbearer needs either token or token_url')]
  }
  return token_url === undefined ? [] : missing(['client_id', 'client_secret'])
}

function sourceFindings(source: Kafka['sources'][number], kafka: Kafka, path: Path): Finding[] {
  const { topic, pattern, cluster } = source
  const findings = clusterNameFindings(cluster, kafka, [...path, 'cluster'])
  if ((topic === undefined) === (pattern === undefined)) {
    findings.push(wrong(path, 'give either topic or pattern'))
  }
  if (pattern !== undefined && !isPattern(pattern)) {
    findings.push(
      wrong([...path, 'pattern'], `found ${foundText(pattern)}; allowed: a regular expression`),
    )
  }
  return findings
}

function clusterNameFindings(name: string, kafka: Kafka, path: Path): Finding[] {
  if (Object.hasOwn(kafka.clusters, name)) return []
  const known = Object.keys(kafka.clusters)
  const allowed = known.length === 0 ? 'none is declared' : `declared: ${known.join(', ')}`
  return [wrong(path, `found ${foundText(name)}, no cluster under kafka.clusters; ${allowed}`)]
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u')
    return true
  } catch {
    return false
  }
}
