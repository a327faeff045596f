import type { Absence, OffsetMessage } from './partition-slice.ts'

/** A run of offsets as it was fetched. */
export interface Run {
  readonly first: number
  readonly last: number
  readonly messages: readonly OffsetMessage[]
  readonly absent: Absence
}

/** A run with what it takes of memory. */
export interface SizedRun extends Run {
  readonly bytes: number
}

export interface SliceLimits {
  readonly rows: number
  readonly bytes: number
}

// What a message takes beside its value and headers.
const messageOverhead = 200

export function messageBytes({ value, headers }: OffsetMessage): number {
  let bytes = messageOverhead + (value?.length ?? 0)
  for (const [name, text] of headers) bytes += name.length + text.length
  return bytes
}

/** Runs of one partition in offset order, cut and joined into slices as they are taken. */
export class RunQueue {
  #runs: Run[] = []
  // Messages of the first run that were taken already.
  #taken = 0
  #first = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  get empty(): boolean {
    return this.#runs.length === 0
  }

  /** `run.first` is the offset after the last one of the run before. */
  push(run: Run): void {
    if (this.empty) {
      this.#first = run.first
      this.#taken = 0
    }
    this.#runs.push(run)
    for (const message of run.messages) this.#bytes += messageBytes(message)
  }

  clear(): void {
    this.#runs = []
    this.#bytes = 0
  }

  /** The next slice: at least one message, or one run without any. Null when there is nothing. */
  take(limits: SliceLimits): SizedRun | null {
    const head = this.#runs[0]
    if (head === undefined) return null
    const messages: OffsetMessage[] = []
    const first = this.#first
    let last = first
    let bytes = 0
    for (let run = this.#runs[0]; run !== undefined; run = this.#runs[0]) {
      // Only what is missing for the same reason may share a slice.
      if (run.absent !== head.absent) break
      const before = this.#taken
      bytes += this.#takeFrom(run, messages, { ...limits, bytes: limits.bytes - bytes })
      if (this.#taken < run.messages.length) {
        if (this.#taken > before) last = run.messages[this.#taken - 1]?.offset ?? last
        break
      }
      last = run.last
      this.#runs.shift()
      this.#taken = 0
    }
    this.#first = last + 1
    this.#bytes -= bytes
    return { first, last, messages, absent: head.absent, bytes }
  }

  /** Bytes of what was taken. */
  #takeFrom(run: Run, messages: OffsetMessage[], limits: SliceLimits): number {
    let bytes = 0
    for (let index = this.#taken; index < run.messages.length; index++) {
      const message = run.messages[index]
      if (message === undefined || messages.length >= limits.rows) break
      const size = messageBytes(message)
      if (messages.length > 0 && bytes + size > limits.bytes) break
      messages.push(message)
      bytes += size
      this.#taken = index + 1
    }
    return bytes
  }
}
