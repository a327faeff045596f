import { readFile, readdir, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { SequentialMethods } from './known-names.ts'
import type { ModelFile } from './model-spec.ts'
import type { Problem } from './problems.ts'
import { parseModelFile } from './validate-model.ts'

export interface ModelDirectoryOptions {
  readonly directory: string
  /** Every metric name and method id there is. */
  readonly metrics: readonly string[]
  readonly sequential?: SequentialMethods
  readonly onModel: (file: ModelFile, path: string) => Promise<void>
  /** The revision in force stays in force. */
  readonly onProblems: (path: string, problems: readonly Problem[]) => void
}

/** A directory of model files, read again whenever one of them changes. */
export interface ModelDirectory {
  /** Reads every file that is new or has changed since the last scan. A missing directory is an empty one. */
  scan: () => Promise<void>
}

/**
 * Scanning compares size and time of change instead of watching: mounted configuration directories
 * swap symbolic links, of which the watchers of the various systems tell different stories.
 */
export function createModelDirectory(options: ModelDirectoryOptions): ModelDirectory {
  const seen = new Map<string, string>()
  return {
    scan: async () => {
      for (const path of await modelFiles(options.directory)) {
        const { mtimeMs, size } = await stat(path)
        const state = `${mtimeMs}/${size}`
        if (seen.get(path) === state) continue
        await readModel(path, options)
        // Only now: where the store was away, the next scan tries again.
        seen.set(path, state)
      }
    },
  }
}

async function modelFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  return entries
    .filter((name) => /\.(ya?ml|json)$/i.test(name) && !name.startsWith('.'))
    .sort()
    .map((name) => join(directory, name))
}

async function readModel(
  path: string,
  { metrics, sequential, onModel, onProblems }: ModelDirectoryOptions,
): Promise<void> {
  const parsed = parseModelFile(await readFile(path, 'utf8'), {
    ...{ fileName: path, metrics },
    ...(sequential === undefined ? {} : { sequential }),
  })
  if (parsed.ok) await onModel(withAbsolutePaths(parsed.file, dirname(resolve(path))), path)
  else onProblems(path, parsed.problems)
}

/** Paths of baseline files are relative to the model file; what is stored must not depend on where a process runs. */
export function withAbsolutePaths(file: ModelFile, directory: string): ModelFile {
  if (file.baselines === undefined) return file
  const baselines = Object.entries(file.baselines).map(([name, baseline]) => [
    name,
    'file' in baseline && !isAbsolute(baseline.file)
      ? { file: join(directory, baseline.file) }
      : baseline,
  ])
  return {
    ...file,
    baselines: Object.fromEntries(baselines) as NonNullable<ModelFile['baselines']>,
  }
}
