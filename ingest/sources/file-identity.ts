import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError } from '../../core/errors.ts'

export interface FileIdentity {
  /**
   * SHA-256 over base name, size, first and last MiB, 32 hexadecimal digits of it: the same file has
   * the same wherever it lies, and telling takes no reading of the whole.
   */
  readonly fingerprint: string
  readonly sizeBytes: number
  /** When the file was last written, epoch ms. */
  readonly modifiedMs: number
}

const edgeBytes = 1024 * 1024

/** Which file this is. Throws FILE_INVALID when it cannot be read or is no regular file. */
export async function identifyFile(path: string): Promise<FileIdentity> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw unreadable(path, cause)
  })
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new AppError('FILE_INVALID', `${path} is no regular file`)
    const edge = Buffer.alloc(Math.min(edgeBytes, stats.size))
    const hash = createHash('sha256').update(`${basename(path)}\0${stats.size}\0`)
    for (const from of [0, stats.size - edge.length]) {
      const { bytesRead } = await file.read(edge, 0, edge.length, from)
      hash.update(edge.subarray(0, bytesRead))
    }
    const fingerprint = hash.digest('hex').slice(0, 32)
    return { fingerprint, sizeBytes: stats.size, modifiedMs: Math.floor(stats.mtimeMs) }
  } finally {
    await file.close()
  }
}

/** What reading a file failed with, as the error it is to the caller. */
export function unreadable(path: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new AppError('FILE_INVALID', `cannot read ${path}: ${reason}`, { cause })
}
