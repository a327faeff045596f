import type { Config } from '../core/config.ts'
import { AppError } from '../core/errors.ts'
import type { BaselineSpec, ModelSpec } from '../core/model-spec.ts'
import { buildApp } from '../api/app.ts'
import { listen, type Listener } from '../api/listen.ts'
import type { ApiOptions, AppDeps } from '../api/ports.ts'
import {
  storeAlerts,
  storeBaselines,
  storeDeadLetters,
  storeDeliveries,
  storeLedger,
  storeOutliers,
  storeResults,
} from '../api/read-store.ts'
import { storeAudit } from '../api/store-audit.ts'
import { storePartitions } from '../api/store-partitions.ts'
import { cachedApiKeys } from '../api/store-keys.ts'
import { redeliver } from '../alerts/redeliver.ts'
import { createStoreOutbox } from '../alerts/store-outbox.ts'
import { replayDeadLetters } from '../ingest/dead-letters.ts'
import type { Intake } from '../ingest/intake.ts'
import { createBaseline, type BaselineDeps } from '../monitor/baselines.ts'
import { featureContributions, rankedContributions } from '../monitor/contributions.ts'
import { runSlicedQuery } from '../store/queries/sliced-query.ts'
import type { Shared } from './shared.ts'
import { putModel } from './model-put.ts'
import { readiness, type Health } from './readiness.ts'

export interface ApiRoleDeps extends Shared {
  /** Null where this process does not take events. */
  readonly intake: Intake | null
  readonly baselines: BaselineDeps
  readonly health: Health
}

/** Builds what this process answers over HTTP and opens its socket: without the api role, its health and metrics at least. */
export async function startApi(deps: ApiRoleDeps): Promise<Listener> {
  const { config, store, clock } = deps
  const keys = cachedApiKeys(store, configuredKeys(config), clock)
  const app = await buildApp({ ...appDeps(deps), keys })
  return listen(app, { host: config.server.host, port: config.server.port, keys })
}

function appDeps(deps: ApiRoleDeps): Omit<AppDeps, 'keys'> {
  const { config, store, clock, registry, log, prometheus, version } = deps
  return {
    version,
    options: apiOptions(config),
    logger: log,
    clock,
    registry: prometheus,
    audit: storeAudit(store, clock),
    readiness: readiness(deps),
    intake: deps.intake ?? { receive: refuseEvents },
    models: {
      get: (model) => registry.get(model),
      list: () => registry.list(),
      history: (model) => registry.history(model),
      put: (model, text) => putModel(deps, model, text),
    },
    baselines: baselinePort(deps),
    results: storeResults(store),
    outliers: storeOutliers(store),
    contributions: {
      bins: async (model, ask) => featureContributions(store, specOf(deps, model), ask),
      ranking: async (model, ask) => rankedContributions(store, specOf(deps, model), ask),
    },
    slicedQuery: {
      run: async (model, body) => runSlicedQuery(store, specOf(deps, model), body),
    },
    alerts: storeAlerts(store),
    deliveries: {
      ...storeDeliveries(store),
      redeliver: async (id) => (await redeliver(createStoreOutbox(store), id, clock.now())).state,
    },
    deadLetters: deadLetterPort(deps),
    partitions: storePartitions(store, clock),
    ledger: storeLedger(store),
  }
}

function specOf({ registry }: ApiRoleDeps, model: string): ModelSpec {
  const known = registry.get(model)
  if (known === undefined) throw new AppError('MODEL_NOT_FOUND', `no model "${model}"`)
  return known.spec
}

function baselinePort({ store, registry, baselines }: ApiRoleDeps): AppDeps['baselines'] {
  const stored = storeBaselines(store)
  return {
    ...stored,
    create: async (model, { name, definition, version }) => {
      const known = registry.get(model)
      if (known === undefined) throw new AppError('MODEL_NOT_FOUND', `no model "${model}"`)
      // The route has validated the definition against the schema of model files.
      const source = definition as unknown as BaselineSpec
      await createBaseline(baselines, known, {
        name,
        source,
        ...(version === undefined ? {} : { version }),
      })
      const created = await stored.get(model, name)
      if (created === undefined) throw new AppError('BASELINE_NOT_FOUND', `no baseline "${name}"`)
      return created
    },
  }
}

function deadLetterPort({ store, intake, clock }: ApiRoleDeps): AppDeps['deadLetters'] {
  return {
    ...storeDeadLetters(store),
    replay: ({ models, select }) => {
      if (intake === null) return refuseEvents()
      const selection =
        'ids' in select ? { ids: select.ids } : { filter: { ...select.filter, models } }
      return replayDeadLetters({ store, intake, clock }, selection, models)
    },
  }
}

function refuseEvents(): Promise<never> {
  return Promise.reject(
    new AppError('REQUEST_INVALID', 'this process has no ingest role: send events to one that has'),
  )
}

function served(roles: Config['roles']): ApiOptions['serves'] {
  if (roles.includes('api')) return 'everything'
  return roles.includes('ingest') ? 'events' : 'operations'
}

function configuredKeys({ auth }: Config): Parameters<typeof cachedApiKeys>[1] {
  return {
    required: auth.required,
    configured: auth.keys.map(({ models, ...key }) => ({
      ...key,
      models: models ?? null,
      expiresAt: null,
      revokedAt: null,
    })),
  }
}

function apiOptions({ server, roles }: Config): Partial<ApiOptions> {
  return {
    serves: served(roles),
    bodyLimitBytes: server.bodyLimitBytes,
    inflateLimitBytes: server.inflateLimitBytes,
    requestTimeoutMs: server.requestTimeoutMs,
    keepAliveTimeoutMs: server.keepAliveTimeoutMs,
    rateLimit: { max: server.rateLimitPerMinute, windowMs: 60_000 },
    trustProxy: server.trustProxy,
  }
}
