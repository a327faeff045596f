import { writtenSchema } from '../core/config-sources.ts'
import type { SchemaNode } from '../core/schema-problems.ts'
import { configNode } from './published-schemas.ts'

type Schema = Readonly<Record<string, unknown>>

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const free = { type: 'object' } as const
const list = { type: 'array' } as const
const whole = (minimum = 0) => ({ type: 'integer', minimum }) as const
/** Requests and limits are numbers or texts such as 500m. */
const resources = free
const labels = { type: 'object', additionalProperties: { type: 'string' } } as const

/** An object with these keys and no others: a misspelt value is refused rather than ignored. */
function closed(properties: Schema): Schema {
  return { type: 'object', additionalProperties: false, properties }
}

const scheduling = {
  resources,
  podAnnotations: labels,
  nodeSelector: labels,
  tolerations: list,
  affinity: free,
  topologySpreadConstraints: list,
}

const role = {
  replicas: whole(1),
  autoscaling: closed({
    enabled: flag,
    minReplicas: whole(1),
    maxReplicas: whole(1),
    targetCPUUtilizationPercentage: whole(1),
  }),
  podDisruptionBudget: closed({ enabled: flag, maxUnavailable: { type: ['integer', 'string'] } }),
  ...scheduling,
}

const keda = closed({
  enabled: flag,
  minReplicaCount: whole(1),
  maxReplicaCount: whole(1),
  pollingInterval: whole(1),
  cooldownPeriod: whole(),
  cluster: text,
  topics: { type: 'array', items: { type: 'string', minLength: 1 }, uniqueItems: true },
  lagThreshold: whole(1),
  activationLagThreshold: whole(),
  authenticationRef: free,
  metadata: labels,
})

const probe = closed({
  periodSeconds: whole(1),
  timeoutSeconds: whole(1),
  failureThreshold: whole(1),
  initialDelaySeconds: whole(),
})

const sections: Schema = {
  mode: { type: 'string', enum: ['server', 'embedded'] },
  nameOverride: text,
  fullnameOverride: text,
  image: closed({
    repository: { type: 'string', minLength: 1 },
    tag: text,
    pullPolicy: { type: 'string', enum: ['Always', 'IfNotPresent', 'Never'] },
  }),
  imagePullSecrets: list,
  clickhouse: closed({
    url: { type: 'string', pattern: '^(https?://[^@\\s]+)?$' },
    username: { type: 'string', minLength: 1 },
    database: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' },
    cluster: text,
    existingSecret: text,
    passwordKey: text,
  }),
  auth: closed({ existingSecret: text, keysKey: text }),
  models: closed({ files: labels, existingConfigMap: text }),
  ingest: closed({ ...role, keda }),
  monitor: closed(role),
  api: closed(role),
  embedded: closed({
    persistence: closed({ size: text, storageClass: text, existingClaim: text }),
    ...scheduling,
  }),
  service: closed({
    type: { type: 'string', enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
    port: { type: 'integer', minimum: 1, maximum: 65_535 },
    annotations: labels,
  }),
  ingress: closed({
    enabled: flag,
    className: text,
    annotations: labels,
    host: text,
    tlsSecret: text,
  }),
  networkPolicy: closed({ enabled: flag, from: list, egress: list }),
  serviceAccount: closed({ create: flag, name: text, annotations: labels }),
  serviceMonitor: closed({
    enabled: flag,
    interval: text,
    labels,
    existingSecret: text,
    keyKey: text,
  }),
  prometheusRule: closed({ enabled: flag, labels }),
  dashboards: closed({ enabled: flag, label: text, labelValue: text, annotations: labels }),
  terminationGracePeriodSeconds: whole(1),
  preStopSeconds: whole(),
  probes: closed({ startup: probe, liveness: probe, readiness: probe }),
  podSecurityContext: free,
  securityContext: free,
  priorityClassName: text,
  podLabels: labels,
  extraEnv: list,
  extraEnvFrom: list,
  extraVolumes: list,
  extraVolumeMounts: list,
  // Where the chart is part of another one.
  global: free,
}

/**
 * JSON Schema of the chart's values. `config` is tidegauge.yaml and is checked as that is, so that a wrong
 * setting fails `helm install` and not a pod.
 */
export function chartValuesSchema(): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Values of the Tidegauge chart',
    ...closed({ ...sections, config: writtenSchema(withoutNotes(configNode())) }),
  }
  return JSON.stringify(schema)
}

/** Without what only this program understands: names that begin with x- are notes of its own. */
function withoutNotes(node: SchemaNode): SchemaNode {
  return JSON.parse(
    JSON.stringify(node, (key, value: unknown) => (key.startsWith('x-') ? undefined : value)),
  ) as SchemaNode
}
