import { execFileSync } from 'node:child_process'
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own in memory, which a test can fill to the last byte. */
export interface SmallDisk {
  readonly path: string
  /** Writes ballast until nothing more goes in. */
  fill: () => void
  /** Takes the ballast away. */
  free: () => void
  remove: () => void
}

/** Null where this user may not mount a file system. */
export function smallDisk(megabytes: number): SmallDisk | null {
  const path = mkdtempSync(join(tmpdir(), 'tidegauge-disk-'))
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tidegauge-test', path]
    execFileSync('mount', options, { stdio: 'ignore' })
  } catch {
    rmSync(path, { recursive: true })
    return null
  }
  const ballast = join(path, 'ballast')
  const unmount = (): void => {
    // Lazily: a server that was killed a moment ago may still hold a file.
    execFileSync('umount', ['-l', path], { stdio: 'ignore' })
    rmSync(path, { recursive: true, force: true })
  }
  process.once('exit', unmount)
  return {
    path,
    fill: () => {
      const file = openSync(ballast, 'a')
      try {
        const block = Buffer.alloc(64 * 1024)
        while (statfsSync(path).bavail > 0) writeSync(file, block)
        fsyncSync(file)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    free: () => {
      rmSync(ballast, { force: true })
    },
    remove: () => {
      process.off('exit', unmount)
      unmount()
    },
  }
}
