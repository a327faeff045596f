import type { DeliveryRow } from '../store/queries/deliveries-row.ts'
import type { Outcome } from './retry.ts'

/** One thing that happened to a delivery. */
export interface HistoryEntry {
  /** ISO 8601. */
  readonly at: string
  readonly event: 'attempt' | 'cancelled' | 'redelivered'
  readonly attempt?: number
  readonly outcome?: Outcome
  readonly status?: number
  /** A code or reason, never an address or a body. */
  readonly error?: string
  readonly ms?: number
}

const maxEntries = 50

export function withEntry(delivery: DeliveryRow, entry: HistoryEntry): string {
  return JSON.stringify([...entries(delivery), entry].slice(-maxEntries))
}

/** When the schedule of retries began, epoch ms: planned, or redelivered by hand. */
export function startedAt(delivery: DeliveryRow): number {
  const redelivered = entries(delivery).findLast(({ event }) => event === 'redelivered')
  return redelivered === undefined ? delivery.createdAt : Date.parse(redelivered.at)
}

const entries = ({ history }: DeliveryRow): HistoryEntry[] => JSON.parse(history) as HistoryEntry[]
