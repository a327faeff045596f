import type { ConfigValues } from './config-schema.ts'
import { decodingFindings, registryFindings } from './decoding-rules.ts'
import { kafkaFindings } from './kafka-rules.ts'
import { isNetwork } from './loopback.ts'
import { foundText, repeats, type Finding } from './schema-problems.ts'
import { pathText, type Path } from './problems.ts'

/**
 * What the schema cannot say about a configuration. `given` tells whether somebody set an option, so
 * that a default contradicts nobody; `doubtful` are the sections of which a part is wrong.
 */
export function configFindings(
  values: ConfigValues,
  given: (...path: string[]) => boolean,
  doubtful: ReadonlySet<string>,
): Finding[] {
  return [
    ...storeFindings(values.store, given),
    ...sizeFindings(values, given),
    ...networkFindings(values.server.trust_proxy, ['server', 'trust_proxy']),
    ...targetFindings(values.alerts.egress.allow, ['alerts', 'egress', 'allow']),
    ...operationsFindings(values.alerts.operations),
    ...keyFindings(values.auth.keys),
    ...kafkaFindings(values.kafka),
    ...monitorFindings(values),
    ...decodingFindings(values, doubtful),
    ...registryFindings(values.registries),
  ]
}

function wrong(path: Path, message: string): Finding {
  return { path, part: 'value', message }
}

function storeFindings(
  { url, cluster }: ConfigValues['store'],
  given: (...path: string[]) => boolean,
): Finding[] {
  const findings: Finding[] = []
  if (url !== undefined && !URL.canParse(url)) {
    findings.push(wrong(['store', 'url'], `found ${foundText(url)}; allowed: a URL`))
  }
  if (url !== undefined && given('store', 'path')) {
    findings.push(
      wrong(['store', 'path'], 'give either store.path (embedded) or store.url (a server)'),
    )
  }
  if (url === undefined && cluster !== undefined) {
    findings.push(wrong(['store', 'cluster'], 'a cluster needs store.url: the server to talk to'))
  }
  if (url === undefined && given('store', 'password')) {
    findings.push(
      wrong(['store', 'password'], 'the embedded engine has no password: set store.url'),
    )
  }
  return findings
}

function monitorFindings({ monitor, kafka }: ConfigValues): Finding[] {
  const { shard, control } = monitor
  const findings: Finding[] = []
  const [index = 0, count = 1] = (shard ?? '0/1').split('/').map(Number)
  if (index >= count) {
    findings.push(
      wrong(
        ['monitor', 'shard'],
        `found ${foundText(shard)}; allowed: 0/${count} to ${count - 1}/${count}`,
      ),
    )
  }
  if (shard !== undefined && control !== undefined) {
    findings.push(wrong(['monitor', 'shard'], 'give either monitor.shard or monitor.control'))
  }
  if (control !== undefined && !Object.hasOwn(kafka.clusters, control.cluster)) {
    const known = Object.keys(kafka.clusters).join(', ') || 'none'
    findings.push(
      wrong(
        ['monitor', 'control', 'cluster'],
        `there is no cluster ${foundText(control.cluster)}; under kafka.clusters there are: ${known}`,
      ),
    )
  }
  return findings
}

type Size = readonly [path: Path, value: number]

function sizeFindings(
  { ingest, server }: ConfigValues,
  given: (...path: string[]) => boolean,
): Finding[] {
  const event: Size = [['ingest', 'limits', 'event_bytes'], ingest.limits.event_bytes]
  const batch: Size = [['ingest', 'batch', 'bytes'], ingest.batch.bytes]
  const queue: Size = [['ingest', 'queue_bytes'], ingest.queue_bytes]
  const body: Size = [['server', 'body_limit_bytes'], server.body_limit_bytes]
  const inflated: Size = [['server', 'inflate_limit_bytes'], server.inflate_limit_bytes]
  const pairs: [Size, Size][] = [
    [event, batch],
    [batch, queue],
    [event, body],
    [body, inflated],
  ]
  return pairs.flatMap(([[path, least], [other, most]]) =>
    least <= most
      ? []
      : [
          wrong(
            given(...path.map(String)) ? path : other,
            `${pathText(path)} is ${least}, more than ${pathText(other)}, which is ${most}`,
          ),
        ],
  )
}

function networkFindings(networks: readonly string[], path: Path): Finding[] {
  return networks.flatMap((network, index) =>
    isNetwork(network)
      ? []
      : [
          wrong(
            [...path, index],
            `found ${foundText(network)}; allowed: an IP address or a CIDR such as 10.0.0.0/8`,
          ),
        ],
  )
}

const hostName =
  /^(?=.*[A-Za-z])[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/

function targetFindings(targets: readonly string[], path: Path): Finding[] {
  return targets.flatMap((target, index) =>
    isNetwork(target) || hostName.test(target)
      ? []
      : [
          wrong(
            [...path, index],
            `found ${foundText(target)}; allowed: a host name, an IP address or a CIDR, without scheme, port and path`,
          ),
        ],
  )
}

function operationsFindings(operations: ConfigValues['alerts']['operations']): Finding[] {
  if (operations === undefined) return []
  const { url } = operations
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return []
  // Not what was found: addresses of webhooks are often secrets.
  return [wrong(['alerts', 'operations', 'url'], 'this is no http or https URL')]
}

function keyFindings(keys: ConfigValues['auth']['keys']): Finding[] {
  return repeats(keys.map(({ id }) => id)).map((index) =>
    wrong(['auth', 'keys', index, 'id'], `${foundText(keys[index]?.id)} is the id of another key`),
  )
}
