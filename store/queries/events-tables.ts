import type { Layout } from '../ddl.ts'
import type { Query } from '../query.ts'

/** Names of all models' events tables, as everybody uses them: on a cluster the distributed ones. */
export function eventsTables({ database, cluster }: Layout): Query<string> {
  return {
    name: 'events-tables',
    sql: `
SELECT name
FROM system.tables
WHERE database = {database:String} AND startsWith(name, 'events_')
  AND (engine = 'Distributed') = {distributed:Bool}
ORDER BY name`,
    params: { database, distributed: cluster !== null },
    toRow: (raw) => String(raw['name']),
  }
}
