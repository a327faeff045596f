import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

/** Files by which bytes get to the embedded engine. */
export interface Spool {
  /** Has `use` read a file of these pieces, which is gone after it. */
  lend: (pieces: readonly Uint8Array[], use: (path: string) => Promise<void>) => Promise<void>
  close: () => Promise<void>
}

// Directories that this process writes to: two stores of one data directory spare each other's.
const openDirectories = new Set<string>()

/** A spool of its own under `directory`. What a killed process left there is taken away first. */
export async function openSpool(directory: string): Promise<Spool> {
  await mkdir(directory, { recursive: true })
  for (const name of await readdir(directory)) {
    const left = join(directory, name)
    if (!openDirectories.has(left)) await rm(left, { recursive: true, force: true })
  }
  const own = join(directory, randomUUID())
  openDirectories.add(own)
  await mkdir(own)
  const files = new SpoolFiles(own)
  return {
    lend: async (pieces, use) => {
      const file = await files.take()
      try {
        await writePieces(file.handle, pieces)
        await use(file.path)
      } finally {
        files.remove(file)
      }
    },
    close: async () => {
      await files.close()
      await rm(own, { recursive: true, force: true })
      openDirectories.delete(own)
    },
  }
}

interface SpoolFile {
  readonly path: string
  readonly handle: FileHandle
}

/**
 * New files of a directory. One is open before it is asked for, and nobody waits for removals: in a
 * process that reads events at full rate each answer of the file system waits as long as a body takes.
 */
class SpoolFiles {
  readonly #directory: string
  readonly #removals = new Set<Promise<void>>()
  #next: Promise<SpoolFile> | null = null
  #serial = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  take(): Promise<SpoolFile> {
    // What hindered the last one may be over.
    const taken = this.#next?.catch(() => this.#open()) ?? this.#open()
    this.#next = this.#open()
    this.#next.catch(() => undefined)
    return taken
  }

  remove({ path, handle }: SpoolFile): void {
    const removal = Promise.allSettled([handle.close(), rm(path, { force: true })]).then(() => {
      this.#removals.delete(removal)
    })
    this.#removals.add(removal)
  }

  async close(): Promise<void> {
    const unused = await this.#next?.catch(() => null)
    if (unused) this.remove(unused)
    await Promise.all(this.#removals)
  }

  async #open(): Promise<SpoolFile> {
    const path = join(this.#directory, `${this.#serial++}.arrow`)
    return { path, handle: await open(path, 'w') }
  }
}

async function writePieces(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const bytes = pieces.reduce((total, piece) => total + piece.byteLength, 0)
  const { bytesWritten } = await file.writev([...pieces])
  // A disk that fills up shortens the write and raises nothing; a stream cut between two of its
  // batches would still read well.
  if (bytesWritten !== bytes) {
    throw new Error(`spool file: ${bytesWritten} of ${bytes} bytes were written`)
  }
}
