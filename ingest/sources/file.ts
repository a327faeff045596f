import { ledgerPosition } from '../../store/queries/ledger-position.ts'
import type { Store } from '../../store/client.ts'
import type { ModelRegistry } from '../../store/model-registry.ts'
import { commitBatch, type CommitDeps } from '../commit.ts'
import { OpenBatch } from '../open-batch.ts'
import type { RecordReader, RefusedRecord } from '../record-reader.ts'
import type { Origin } from '../segment.ts'
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
    this.#batch = this.#newBatch(position)
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
    this.#batch.next()
    const result = this.#read(record, offset)
    const refusal = result instanceof Promise ? await result : result
    if (refusal !== null) this.#refuse(record, offset, refusal)
    this.#batch.done()
    this.#tally.count(record, refusal)
    const { batchRows, batchBytes } = this.#deps.limits
    if (this.#batch.places >= batchRows || this.#batch.bytes >= batchBytes) await this.#flush()
  }

  /** What the file already shows to be no record never reaches the reader. */
  #read(record: FileRecord, offset: number): ReturnType<RecordReader['read']> {
    if (record.problem !== null) return { ok: false, model: '', ...record.problem }
    const delivery = record.text.includes('"ts"') ? this.#dated : this.#undated
    return this.#deps.reader.read(record, offset, this.#batch, delivery)
  }

  #refuse({ text }: FileRecord, offset: number, refusal: RefusedRecord): void {
    const raw = Buffer.from(text).subarray(0, this.#deps.limits.eventBytes)
    const { receivedAt: timestamp, fallbackId } = this.#dated
    const original = { raw, headers: '', decoding: '', timestamp }
    this.#batch.refuse(refusal, { ...original, fallbackId: fallbackId(offset) })
  }

  #newBatch(first: number): OpenBatch {
    const batch = new OpenBatch(this.#deps.clock.monotonic())
    batch.enter(this.#origin, first)
    return batch
  }

  /** Starts writing the batch once the one before it is stored: one is written while one fills. */
  async #flush(): Promise<void> {
    await this.#writing
    const batch = this.#batch
    if (batch.places === 0) return
    this.#batch = this.#newBatch(batch.segment.last + 1)
    this.#writing = commitBatch(this.#deps, batch)
    // It is awaited before the next write; until then nobody may be listening.
    this.#writing.catch(() => undefined)
  }
}
