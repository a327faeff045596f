import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'

export type AllowedFile =
  /** `path` has no links in it. */
  | { readonly kind: 'file'; readonly path: string }
  /** Outside all of the directories, whether it is there or not. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'absent' }

/**
 * Where a file that somebody names really is, links followed, if that is below one of the directories.
 * A relative path is looked for in each of them, in order.
 */
export async function allowedFile(
  file: string,
  directories: readonly string[],
): Promise<AllowedFile> {
  const real = (await Promise.all(directories.map(realPath))).filter((path) => path !== null)
  const allowed = [...directories.map((directory) => resolve(directory)), ...real]
  const candidates = directories
    .map((directory) => resolve(directory, file))
    .filter((path) => allowed.some((directory) => isBelow(path, directory)))
  if (candidates.length === 0) return { kind: 'elsewhere' }
  for (const candidate of candidates) {
    const path = await realPath(candidate)
    if (path === null || !(await isFile(path))) continue
    return real.some((directory) => isBelow(path, directory))
      ? { kind: 'file', path }
      : { kind: 'elsewhere' }
  }
  return { kind: 'absent' }
}

const realPath = (path: string): Promise<string | null> => realpath(path).catch(() => null)

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  )

/** Both absolute. */
function isBelow(path: string, directory: string): boolean {
  const way = relative(directory, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}
