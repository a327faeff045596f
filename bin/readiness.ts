import type { AppDeps } from '../api/ports.ts'
import { AppError } from '../core/errors.ts'
import { newestLedgerRow } from '../store/queries/ledger-newest.ts'
import type { Shared } from './shared.ts'

/** What the parts of a process say about themselves. */
export interface Health {
  /** When the monitor last finished a look at the ledger, monotonic ms; null without that role. */
  readonly monitorTickedAt: () => number | null
}

/** A look at the ledger that takes longer than this is stuck, or the store is. */
const monitorStuckMs = 120_000

/** Ready: the store answers, the monitor moves, and, where asked, events are fresh. */
export function readiness(deps: Shared & { readonly health: Health }): AppDeps['readiness'] {
  const { store, clock, health } = deps
  return async ({ maxStalenessSeconds }) => {
    const checks: Record<string, { ok: boolean; detail: string }> = {}
    try {
      const [newest = null] = await store.query(newestLedgerRow())
      checks['store'] = { ok: true, detail: 'answers' }
      if (maxStalenessSeconds !== null)
        checks['freshness'] = freshness(newest, clock.now(), maxStalenessSeconds)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      checks['store'] = { ok: false, detail: error.message }
    }
    const tickedAt = health.monitorTickedAt()
    if (tickedAt !== null) {
      const age = clock.monotonic() - tickedAt
      checks['monitor'] = {
        ok: age < monitorStuckMs,
        detail: `last look at the ledger ${Math.round(age / 1000)} s ago`,
      }
    }
    return { ready: Object.values(checks).every(({ ok }) => ok), checks }
  }
}

function freshness(
  newest: number | null,
  now: number,
  maxStalenessSeconds: number,
): { ok: boolean; detail: string } {
  if (newest === null) return { ok: false, detail: 'no event was ever stored' }
  const age = Math.round((now - newest) / 1000)
  return { ok: age <= maxStalenessSeconds, detail: `newest events were stored ${age} s ago` }
}
