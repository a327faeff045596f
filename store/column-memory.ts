/**
 * Memory of columns that were written out, for the next ones. Fresh memory costs its page faults, and V8
 * collects all garbage for every 64 MB of it, as often as twice a second at full rate.
 */
export class ColumnMemory {
  readonly #atMost: number
  readonly #free = new Map<number, ArrayBuffer[]>()
  #kept = 0

  /** Keeps up to `atMost` bytes that nobody uses. */
  constructor(atMost: number) {
    this.#atMost = atMost
  }

  /** At least so many bytes, to a power of two, with anything in them. */
  take(bytes: number): ArrayBuffer {
    const size = 2 ** Math.ceil(Math.log2(Math.max(8, bytes)))
    const buffer = this.#free.get(size)?.pop()
    if (buffer === undefined) return new ArrayBuffer(size)
    this.#kept -= size
    return buffer
  }

  /** Whoever gives memory back has no view of it any more. */
  give(buffer: ArrayBuffer): void {
    const size = buffer.byteLength
    if (size === 0 || this.#kept + size > this.#atMost) return
    const free = this.#free.get(size)
    if (free === undefined) this.#free.set(size, [buffer])
    else free.push(buffer)
    this.#kept += size
  }
}

/** Two batches of some ten thousand rows: one is written while one fills. */
export const columnMemory = new ColumnMemory(64 * 2 ** 20)
