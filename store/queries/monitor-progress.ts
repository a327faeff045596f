import type { Query } from '../query.ts'

/** Ledger rows before this instant have all become windows of the model. Epoch ms. */
export interface MonitorProgress {
  readonly model: string
  readonly ledgerReadTo: number
}

export function monitorProgress(): Query<MonitorProgress> {
  return {
    name: 'monitor-progress',
    sql: 'SELECT model, toUnixTimestamp64Milli(ledger_read_to) AS read_to_ms FROM monitor_progress FINAL',
    params: {},
    toRow: (raw) => ({ model: String(raw['model']), ledgerReadTo: Number(raw['read_to_ms']) }),
  }
}
