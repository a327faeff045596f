import type { Registry } from 'prom-client'
import type { Clock } from '../core/clock.ts'
import type { Config } from '../core/config.ts'
import type { Logger } from '../core/log.ts'
import type { Store } from '../store/client.ts'
import type { ModelRegistry } from '../store/model-registry.ts'

/** What every role of one process shares. */
export interface Shared {
  readonly config: Config
  readonly version: string
  readonly store: Store
  readonly clock: Clock
  readonly registry: ModelRegistry
  readonly prometheus: Registry
  readonly log: Logger
}
