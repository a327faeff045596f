import type { FileIdentity } from './file-identity.ts'
import type { DeclaredColumns, TableMapping } from './table-rows.ts'

/** A table in a file, and what its columns mean. */
export interface TableSource {
  readonly path: string
  readonly identity: FileIdentity
  readonly mapping: TableMapping
  /** Null for a model that nobody has registered yet. */
  readonly declared: DeclaredColumns | null
  readonly maxRecordBytes: number
}
