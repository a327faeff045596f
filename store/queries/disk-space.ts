import type { Query } from '../query.ts'

export interface DiskSpace {
  readonly disk: string
  readonly freeBytes: number
  readonly sizeBytes: number
}

// Disks of object stores have no size of their own and answer a number beyond all bounds.
const sql = `
SELECT name, unreserved_space, total_space
FROM system.disks
WHERE NOT is_remote AND total_space > 0
ORDER BY name`

/** The local disks of the store, of the node that answers. Reading system.disks may be refused. */
export function diskSpace(): Query<DiskSpace> {
  return {
    name: 'disk-space',
    sql,
    params: {},
    toRow: (raw) => ({
      disk: String(raw['name']),
      freeBytes: Number(raw['unreserved_space']),
      sizeBytes: Number(raw['total_space']),
    }),
  }
}
