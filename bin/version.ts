import { readFileSync } from 'node:fs'

/** The package's version: beside this folder as source, one level up from it as built. */
export const version = readVersion()

function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
        version: string
      }
      return manifest.version
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
  throw new Error('package.json is missing')
}
