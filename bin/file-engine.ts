import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '../store/client.ts'
import type { TableEngine } from '../ingest/sources/parquet-file.ts'

export interface FileEngine {
  /** Opened once, when it is first asked for. */
  readonly open: () => Promise<TableEngine>
  readonly close: () => Promise<void>
}

/** An embedded engine in a directory of its own, to read files with where the store is elsewhere. */
export function fileEngine(): FileEngine {
  let opened: Promise<{ store: Store; directory: string }> | null = null
  const open = async (): Promise<{ store: Store; directory: string }> => {
    const directory = await mkdtemp(join(tmpdir(), 'tidegauge-'))
    return { store: await openStore({ path: directory, database: 'files' }), directory }
  }
  return {
    open: async () => (await (opened ??= open())).store,
    close: async () => {
      if (opened === null) return
      const { store, directory } = await opened
      await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
