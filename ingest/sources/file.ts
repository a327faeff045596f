import type { RejectReason } from '../../core/names.ts'
import { ledgerPosition } from '../../store/queries/ledger-position.ts'
import type { Store } from '../../store/client.ts'
import type { ModelRegistry } from '../../store/model-registry.ts'
import { commitBatch, type CommitDeps } from '../commit.ts'
import type { Origin } from '../event-columns.ts'
import { OpenBatch } from '../open-batch.ts'
import type { RecordReader } from '../record-reader.ts'
import type { Delivery } from '../validate.ts'
import type { FileRecord } from './file-records.ts'
import { LoadTally, type LoadSummary } from './load-tally.ts'
import { openFile, type FileToRead, type OpenedFile } from './open-file.ts'
import { declaredColumns } from './table-rows.ts'

export interface FileIngestDeps extends CommitDeps {
  readonly registry: Pick<ModelRegistry, 'get'>
  readonly reader: RecordReader
  readonly limits: {
    readonly batchRows: number
    readonly batchBytes: number
    readonly eventBytes: number
  }
  /** An embedded store, which alone can read Parquet; asked for only then. */
  readonly engine: () => Promise<Pick<Store, 'query'>>
}

export interface FileIngestOptions extends FileToRead {
  /** Ends the load early and cleanly: what was read is stored, the next run goes on there. */
  readonly signal?: AbortSignal
}

/** How far a load is. What was stored by earlier runs is in `records` too. */
export interface FileProgress {
  readonly records: number
  readonly rejected: number
  /** In `unit`, out of `total`. */
  readonly done: number
  readonly total: number
  readonly unit: 'bytes' | 'rows'
}

/**
 * Loads a file of events as history, through the same validation, dead letters, registration and ledger
 * as live events. A record's offset is its number in the file, from 0 without a hole, so a load that was
 * broken off goes on where the ledger ends, and a load of what is loaded does nothing. Resolves when
 * everything read is durable; throws FILE_INVALID, or what the store threw after its patience: then
 * everything up to the last ledger row is stored.
 */
export async function ingestFile(
  deps: FileIngestDeps,
  options: FileIngestOptions,
  onProgress: (progress: FileProgress) => void = () => undefined,
): Promise<LoadSummary> {
  const spec = deps.registry.get(options.table?.model ?? '')?.spec
  const file = await openFile(options, {
    declared: spec === undefined ? null : declaredColumns(spec),
    maxRecordBytes: deps.limits.eventBytes,
    engine: deps.engine,
  })
  const origin: Origin = { source: 'file', topic: file.topic, partition: 0 }
  const [position = 0] = await deps.store.query(ledgerPosition(origin))
  return new FileLoad(deps, { file, origin, position }).run(options.signal, onProgress)
}

class FileLoad {
  readonly #deps: FileIngestDeps
  readonly #file: OpenedFile
  readonly #origin: Origin
  readonly #position: number
  readonly #tally = new LoadTally()
  readonly #undated: Delivery
  readonly #dated: Delivery
  #batch: OpenBatch
  #nextOffset: number
  #writing: Promise<void> = Promise.resolve()
  #seen = 0

  constructor(
    deps: FileIngestDeps,
    { file, origin, position }: { file: OpenedFile; origin: Origin; position: number },
  ) {
    this.#deps = deps
    this.#file = file
    this.#origin = origin
    this.#position = position
    this.#nextOffset = position
    this.#batch = new OpenBatch(deps.clock.monotonic())
    const { fingerprint, modifiedMs } = file.identity
    this.#dated = {
      receivedAt: deps.clock.now(),
      backfill: true,
      models: null,
      fallbackId: (offset) => `${fingerprint}:${offset}`,
    }
    // A second run after a crash must give an event the same time, or it would count twice.
    this.#undated = { ...this.#dated, receivedAt: modifiedMs }
  }

  async run(
    signal: AbortSignal | undefined,
    onProgress: (progress: FileProgress) => void,
  ): Promise<LoadSummary> {
    const { chunks, total, unit } = this.#file.records
    try {
      for await (const { records, done } of chunks()) {
        for (const record of records) await this.#take(record)
        onProgress({ records: this.#seen, rejected: this.#tally.rejected, done, total, unit })
        if (signal?.aborted === true) break
      }
      await this.#flush()
    } finally {
      // The store must not be closed under a write; a failed one is thrown above or less than why we are here.
      await this.#writing.catch(() => undefined)
    }
    await this.#writing
    return this.#tally.summary({
      topic: this.#file.topic,
      skipped: Math.min(this.#position, this.#seen),
      interrupted: signal?.aborted === true,
      places: this.#file.records.places,
    })
  }

  async #take(record: FileRecord): Promise<void> {
    const offset = this.#seen++
    if (offset < this.#position) return
    const rejection = this.#read(record, offset)
    this.#tally.count(record, rejection instanceof Promise ? await rejection : rejection)
    const { batchRows, batchBytes } = this.#deps.limits
    if (this.#batch.records >= batchRows || this.#batch.bytes >= batchBytes) await this.#flush()
  }

  #read(record: FileRecord, offset: number): ReturnType<RecordReader['read']> {
    if (record.problem !== null) return this.#refuse(record, record.problem)
    const delivery = record.text.includes('"ts"') ? this.#dated : this.#undated
    return this.#deps.reader.read(record, offset, this.#batch, delivery)
  }

  /** What the file already shows to be no record never reaches the reader. */
  #refuse(
    { text }: FileRecord,
    { reason, detail }: { reason: RejectReason; detail: string },
  ): ReturnType<RecordReader['read']> {
    const place = this.#batch.take(Buffer.byteLength(text))
    const raw = text.slice(0, this.#deps.limits.eventBytes)
    this.#batch.rejected.push({ place, model: '', reason, detail, raw })
    return { ok: false, reason, detail }
  }

  /** Starts writing the batch once the one before it is stored: one is written while one fills. */
  async #flush(): Promise<void> {
    await this.#writing
    const batch = this.#batch
    if (batch.records === 0) return
    const first = this.#nextOffset
    this.#nextOffset += batch.records
    this.#batch = new OpenBatch(this.#deps.clock.monotonic())
    this.#writing = commitBatch(this.#deps, batch, this.#origin, first)
    // It is awaited before the next write; until then nobody may be listening.
    this.#writing.catch(() => undefined)
  }
}
