import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { FileIngestDeps } from '../../../ingest/sources/file.ts'
import { openModelRegistry, type ModelRegistry } from '../../../store/model-registry.ts'
import type { Store } from '../../../store/client.ts'
import { eventLimits, ingestDeps } from '../../support/ingest.ts'

/** Everything that a load needs, on one store; small batches, so that a load has several. */
export async function loadDeps(
  store: Store,
  batchRows = 1000,
  writeTo: Store = store,
): Promise<FileIngestDeps & { registry: ModelRegistry }> {
  const registry = await openModelRegistry(store)
  return {
    ...ingestDeps(writeTo, registry),
    registry,
    limits: { batchRows, batchBytes: 1 << 20, eventBytes: eventLimits.eventBytes },
    engine: async () => store,
  }
}

const directory = mkdtempSync(join(tmpdir(), 'tidegauge-files-'))
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

/** Writes a file in a directory of this test file's own and answers its path. */
export function writeFile(name: string, content: string | Buffer): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

export const filePath = (name: string): string => join(directory, name)

export const select = async (store: Store, sql: string): Promise<Record<string, unknown>[]> =>
  store.query({ name: 'test', sql, params: {}, toRow: (raw) => ({ ...raw }) })
