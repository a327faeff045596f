import { randomUUID } from 'node:crypto'
import type { Store } from '../store/client.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { AuditLog } from './ports.ts'

/** The audit log in table `audit_log`. Resolves when the entry is durable. */
export const storeAudit = (
  store: Pick<Store, 'command'>,
  clock: { now: () => number },
): AuditLog => ({
  record: ({ actor, action, subject, detail }) =>
    insertRows(
      store,
      'audit_log',
      ['at', 'id', 'actor', 'action', 'subject', 'detail'],
      [[new Date(clock.now()), randomUUID(), actor, action, subject, JSON.stringify(detail)]],
    ),
})
