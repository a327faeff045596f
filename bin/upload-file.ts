import type { RejectReason } from '../core/names.ts'
import { AppError } from '../core/errors.ts'
import type { FeatureKind, Task } from '../core/model-spec.ts'
import type { FileIngestOptions, FileProgress } from '../ingest/sources/file.ts'
import type { FileRecord } from '../ingest/sources/file-records.ts'
import { LoadTally, type LoadSummary } from '../ingest/sources/load-tally.ts'
import { openFile, type FileReading } from '../ingest/sources/open-file.ts'
import { declaredColumns, type DeclaredColumns } from '../ingest/sources/table-rows.ts'
import { askService, type ServiceAddress } from './service-request.ts'

const maxBodyBytes = 4 * 1024 * 1024

/** Of a service that has not answered yet, ms: more likely than restarting, its address is wrong. */
const firstPatienceMs = 3_000

/**
 * Sends a file to a running service, body after body, each answered when it is durable. Bodies are cut
 * at the same records each time and named by the file, so sending it again changes nothing. Lines that
 * the file itself shows to be damaged are counted and not sent.
 */
export async function uploadFile(
  service: ServiceAddress,
  options: FileIngestOptions & Pick<FileReading, 'engine'>,
  onProgress: (progress: FileProgress) => void,
): Promise<LoadSummary> {
  await askService({ ...service, patienceMs: firstPatienceMs }, { path: 'health/live' })
  const declared = await declaredBy(service, options.table?.model)
  const { engine, signal } = options
  const file = await openFile(options, { declared, engine, maxRecordBytes: maxBodyBytes })
  const tally = new LoadTally()
  const upload = new Upload(service, {
    topic: file.topic,
    modifiedMs: file.identity.modifiedMs,
    tally,
  })
  const { chunks, total, unit } = file.records
  for await (const { records, done } of chunks()) {
    for (const record of records) {
      if (record.problem !== null) tally.count(record, record.problem)
      else if (upload.isFullFor(record)) await upload.send()
      if (record.problem === null) upload.add(record)
    }
    onProgress({ records: tally.records, rejected: tally.rejected, done, total, unit })
    if (signal?.aborted === true) break
  }
  await upload.send()
  return tally.summary({
    topic: file.topic,
    skipped: 0,
    interrupted: signal?.aborted === true,
    places: file.records.places,
  })
}

interface IntakeAnswer {
  readonly rejected: readonly { index: number; reason: RejectReason; detail: string }[]
}

class Upload {
  readonly #service: ServiceAddress
  readonly #file: { topic: string; modifiedMs: number; tally: LoadTally }
  #records: FileRecord[] = []
  #lines: string[] = []
  #bytes = 0
  #bodies = 0

  constructor(
    service: ServiceAddress,
    file: { topic: string; modifiedMs: number; tally: LoadTally },
  ) {
    this.#service = service
    this.#file = file
  }

  /** Room for the time that may be put into it is left. */
  isFullFor({ text }: FileRecord): boolean {
    return this.#bytes + Buffer.byteLength(text) + 32 > maxBodyBytes
  }

  add(record: FileRecord): void {
    const line = dated(record.text, this.#file.modifiedMs)
    this.#records.push(record)
    this.#lines.push(line)
    this.#bytes += Buffer.byteLength(line) + 1
  }

  /**
   * Resolves when everything added is durable. One body after the other: where an id comes twice, the
   * later record must win, whichever body is sent again.
   */
  async send(): Promise<void> {
    const records = this.#records
    if (records.length === 0) return
    const answer = (await askService(this.#service, {
      path: 'v1/events?backfill=true',
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        'idempotency-key': `${this.#file.topic}:${this.#bodies}`,
      },
      body: this.#lines.join('\n'),
    })) as IntakeAnswer
    const rejections = new Map(answer.rejected.map((rejection) => [rejection.index, rejection]))
    records.forEach((record, index) => {
      this.#file.tally.count(record, rejections.get(index) ?? null)
    })
    this.#bodies++
    this.#records = []
    this.#lines = []
    this.#bytes = 0
  }
}

/** An event without a time gets the file's: the time of arrival would be another one when it is sent again. */
function dated(text: string, ms: number): string {
  if (text.includes('"ts"')) return text
  return text.replace(/^\s*\{(?=\s*")/, `{"ts":${ms},`)
}

interface ModelAnswer {
  readonly effective: {
    readonly task: Task
    readonly features: Readonly<Record<string, { readonly type: FeatureKind }>>
  }
}

/** What the service says of a table's model; null where it has none, or the key may not ask. */
async function declaredBy(
  service: ServiceAddress,
  model: string | undefined,
): Promise<DeclaredColumns | null> {
  if (model === undefined) return null
  try {
    const path = `v1/models/${encodeURIComponent(model)}`
    const { effective } = (await askService(service, { path })) as ModelAnswer
    return declaredColumns({ ...effective, features: new Map(Object.entries(effective.features)) })
  } catch (error) {
    const status = error instanceof AppError ? error.details['status'] : undefined
    if (status === 404 || status === 403) return null
    throw error
  }
}
