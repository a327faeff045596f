import { ledgerPosition } from '../../store/queries/ledger-position.ts'
import type { ModelRegistry } from '../../store/model-registry.ts'
import { commitBatch, type CommitDeps } from '../commit.ts'
import type { MessageReader } from '../message-reader.ts'
import { OpenBatch } from '../open-batch.ts'
import type { RecordReader, RefusedRecord } from '../record-reader.ts'
import type { Origin } from '../segment.ts'
import { fallbackIds, type Delivery } from '../validate.ts'
import type { FileRecord } from './file-records.ts'
import { LoadTally, type LoadSummary } from './load-tally.ts'
import type { TableEngine } from './parquet-file.ts'
import { openFile, type FileToRead, type OpenedFile } from './open-file.ts'
import { declaredColumns } from './table-rows.ts'

export interface FileIngestDeps extends CommitDeps {
  readonly registry: Pick<ModelRegistry, 'get'>
  readonly reader: RecordReader
  /** Reads lines of other formats. */
  readonly messages: MessageReader
  readonly limits: {
    readonly batchRows: number
    readonly batchBytes: number
    readonly eventBytes: number
  }
  /** An embedded store, which alone can read Parquet; asked for only then. */
  readonly engine: () => Promise<TableEngine>
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
 * everything up to the last ledger row is stored. With a decoding, every line is a message of its own;
 * the other half of an inference may be anywhere in the file, or come another way.
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
  const decoding = options.decoding?.name ?? null
  return new FileLoad(deps, { file, origin, position, decoding }).run(options.signal, onProgress)
}

interface LoadFacts {
  readonly file: OpenedFile
  readonly origin: Origin
  /** Records that are stored already. */
  readonly position: number
  /** Null: records are native. */
  readonly decoding: string | null
}

type Outcome = RefusedRecord | null

class FileLoad {
  readonly #deps: FileIngestDeps
  readonly #file: OpenedFile
  readonly #origin: Origin
  readonly #position: number
  readonly #decoding: string | null
  readonly #tally = new LoadTally()
  readonly #undated: Delivery
  readonly #dated: Delivery
  #batch: OpenBatch
  #writing: Promise<void> = Promise.resolve()
  #seen = 0

  constructor(deps: FileIngestDeps, { file, origin, position, decoding }: LoadFacts) {
    this.#deps = deps
    this.#file = file
    this.#origin = origin
    this.#position = position
    this.#decoding = decoding
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
        for (const record of records) {
          const full = this.#take(record)
          if (full !== undefined) await full
        }
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

  /** A promise only where something is to be waited for: most records cost no turn of the event loop. */
  #take(record: FileRecord): Promise<void> | undefined {
    const offset = this.#seen++
    if (offset < this.#position) return undefined
    this.#batch.next()
    const result = this.#put(record, offset)
    return result instanceof Promise
      ? result.then((refusal) => this.#taken(record, refusal))
      : this.#taken(record, result)
  }

  #taken(record: FileRecord, refusal: Outcome): Promise<void> | undefined {
    this.#batch.done()
    this.#tally.count(record, refusal)
    const { batchRows, batchBytes } = this.#deps.limits
    const full = this.#batch.places >= batchRows || this.#batch.bytes >= batchBytes
    return full ? this.#flush() : undefined
  }

  /** Null when the record is in the batch, else why not; then it is among the refused. */
  #put(record: FileRecord, offset: number): Outcome | Promise<Outcome> {
    // What the file already shows to be no record never reaches the reader.
    if (record.problem !== null) {
      return this.#noted(record, offset, { ok: false, model: '', ...record.problem })
    }
    if (this.#decoding !== null) return this.#putMessage(record, offset, this.#decoding)
    const delivery = record.text.includes('"ts"') ? this.#dated : this.#undated
    const result = this.#deps.reader.read(record, offset, this.#batch, delivery)
    return result instanceof Promise
      ? result.then((refusal) => this.#noted(record, offset, refusal))
      : this.#noted(record, offset, result)
  }

  /** A line of another format, as if it had been sent when the file was last written. */
  async #putMessage({ text }: FileRecord, offset: number, decoding: string): Promise<Outcome> {
    const { fingerprint, modifiedMs } = this.#file.identity
    const message = {
      value: Buffer.from(text),
      headers: new Map<string, string>(),
      timestamp: modifiedMs,
      topic: '',
    }
    const fallbackId = fallbackIds(`${fingerprint}:${offset}`)
    const to = { message, decoding, delivery: { ...this.#undated, fallbackId } }
    const { refused } = await this.#deps.messages.read(to, this.#batch)
    return refused[0] ?? null
  }

  #noted({ text }: FileRecord, offset: number, refusal: Outcome): Outcome {
    if (refusal === null) return null
    const raw = Buffer.from(text).subarray(0, this.#deps.limits.eventBytes)
    const { receivedAt: timestamp, fallbackId } = this.#dated
    const original = { raw, headers: '', decoding: this.#decoding ?? '', timestamp }
    this.#batch.refuse(refusal, { ...original, fallbackId: fallbackId(offset) })
    return refusal
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
