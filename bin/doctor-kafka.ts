import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'
import { environment, type Config } from '../core/config.ts'
import { AppError } from '../core/errors.ts'
import { createLogger } from '../core/log.ts'
import { resolveSecret } from '../core/secrets.ts'
import { createClusterClient } from '../ingest/sources/kafka.ts'
import type { ClusterClient } from '../ingest/sources/kafka-ports.ts'
import { fail, looked, ok, warn, type Finding } from './doctor-finding.ts'

/** Messages behind from which on a group should be looked at. */
const muchLag = 100_000

/** Whether brokers answer, topics exist, and how far behind the group is. */
export async function kafkaFindings({ kafka }: Config): Promise<readonly Finding[]> {
  const found = Object.entries(kafka.clusters).map(async ([name, cluster]) => {
    const check = `kafka ${name}`
    const remedy = `brokers ${cluster.brokers.join(', ')}: names, ports, firewall, tls and sasl of kafka.clusters.${name}`
    return looked(check, remedy, async () => {
      const client = createClusterClient({
        cluster,
        refreshMs: kafka.topicsRefreshMs,
        secret: (reference) => resolveSecret(reference, environment()).reveal(),
        log: createLogger({ level: 'silent', format: 'json' }),
      })
      try {
        return await clusterFindings(check, client, topicsOf(kafka, name))
      } finally {
        await client.close()
      }
    })
  })
  return (await Promise.all(found)).flat()
}

interface WantedTopics {
  /** Names and patterns that are read. */
  readonly sources: readonly { readonly topic?: string; readonly pattern?: string }[]
  /** Written to, and made by nobody. */
  readonly deadLetters: string | null
}

function topicsOf(kafka: Config['kafka'], cluster: string): WantedTopics {
  const { deadLetters } = kafka
  return {
    sources: kafka.sources.filter((source) => source.cluster === cluster),
    deadLetters: deadLetters?.cluster === cluster ? deadLetters.topic : null,
  }
}

async function clusterFindings(
  check: string,
  client: ClusterClient,
  { sources, deadLetters }: WantedTopics,
): Promise<Finding[]> {
  const there = await client.topics()
  const findings = [ok(check, `answers, ${there.length} topics`)]
  const read = new Set<string>()
  for (const { topic, pattern } of sources) {
    const matching = matchingTopics(there, topic, pattern)
    for (const name of matching) read.add(name)
    if (matching.length > 0) continue
    const what = topic === undefined ? `no topic matches ${pattern ?? ''}` : `no topic ${topic}`
    findings.push(
      warn(check, what, 'make it, mend its name, or let the user describe it; it is waited for'),
    )
  }
  if (deadLetters !== null && !there.includes(deadLetters))
    findings.push(
      fail(
        check,
        `no topic ${deadLetters}`,
        'make the topic of kafka.dead_letters: nobody else does',
      ),
    )
  if (read.size > 0) findings.push(await lagFinding(check, client, [...read]))
  return findings
}

function matchingTopics(
  there: readonly string[],
  topic: string | undefined,
  pattern: string | undefined,
): string[] {
  if (topic !== undefined) return there.filter((name) => name === topic)
  const whole = new RegExp(`^(?:${pattern ?? ''})$`)
  return there.filter((name) => !name.startsWith('__') && whole.test(name))
}

/** Partitions that the group has never committed count with all they hold. */
async function lagFinding(
  check: string,
  client: ClusterClient,
  topics: readonly string[],
): Promise<Finding> {
  const committed = await client.committed(topics)
  let lag = 0
  let partitions = 0
  for (const topic of topics) {
    for (const [partition, { low, high }] of await client.watermarks(topic)) {
      partitions += 1
      lag += high - Math.max(low, committed.get(topic)?.get(partition) ?? low)
    }
  }
  const detail = `${partitions} partitions of ${topics.length} topics, ${lag} messages not yet committed`
  return lag > muchLag
    ? warn(
        check,
        detail,
        'is ingest running, and the store quick enough? docs/runbook/TidegaugeKafkaLagHigh.md',
      )
    : ok(check, detail)
}

/** Whether schema registries answer, and take the credentials. */
export async function registryFindings({ registries }: Config): Promise<readonly Finding[]> {
  const found = Object.entries(registries).map(async ([name, registry]) => {
    const check = `registry ${name}`
    const remedy = `url, credentials and ca of registries.${name}`
    return looked(check, remedy, async () => [await registryFinding(check, registry, remedy)])
  })
  return (await Promise.all(found)).flat()
}

type Registry = Config['registries'][string]

async function registryFinding(
  check: string,
  registry: Registry,
  remedy: string,
): Promise<Finding> {
  const { url, timeoutMs } = registry
  const dispatcher = new Agent(connectOptions(registry))
  try {
    const { statusCode, body } = await request(`${url.replace(/\/$/, '')}/subjects`, {
      headers: credentials(registry),
      dispatcher,
      signal: AbortSignal.timeout(timeoutMs),
    })
    await body.dump()
    if (statusCode < 400) return ok(check, `${url} answers`)
    return fail(check, `${url} answers ${statusCode}`, remedy)
  } catch (error) {
    if (error instanceof AppError) throw error
    const { code, name } = error as Error & { code?: unknown }
    return fail(check, `${url} does not answer: ${typeof code === 'string' ? code : name}`, remedy)
  } finally {
    await dispatcher.destroy()
  }
}

function connectOptions({ ca }: Registry): Agent.Options {
  if (ca === undefined) return {}
  try {
    return { connect: { ca: readFileSync(ca, 'utf8') } }
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `the certificates in ${ca} cannot be read`, { cause })
  }
}

function credentials({ username, password, token }: Registry): Record<string, string> {
  if (token !== undefined) return { authorization: `Bearer ${token.reveal()}` }
  if (username === undefined) return {}
  const pair = Buffer.from(`${username}:${password?.reveal() ?? ''}`).toString('base64')
  return { authorization: `Basic ${pair}` }
}
