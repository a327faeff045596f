/** The way to a value inside a file: keys and list indexes. */
export type Path = readonly (string | number)[]

/** One thing that is wrong with a file, an environment variable or an option, and where it stands. */
export interface Problem {
  /** The file's name as it was given, or what stands in its place: `variable NAME`, `option --name`. */
  readonly file: string
  /** From 1; null where there are no lines. */
  readonly line: number | null
  readonly column: number | null
  /** Such as `monitors[0].warn`; empty for the whole file. */
  readonly path: string
  /** The whole sentence, `found` and `allowed` included. */
  readonly message: string
  readonly found?: string
  readonly allowed?: string
}

/** How many problems of one file are told: a broken file repeats its first mistake at every line. */
export const maxProblems = 100

/** `file:line:column path: message`, the form that editors and terminals turn into a link. */
export function problemLine({ file, line, column, path, message }: Problem): string {
  const place = line === null ? file : `${file}:${line}:${column ?? 1}`
  return `${place} ${path === '' ? '' : `${path}: `}${message}`
}

/** `features["a b"].min`, `monitors[2].name`. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      if (!/^[A-Za-z_][\w-]*$/.test(step)) return `[${JSON.stringify(step)}]`
      return index === 0 ? step : `.${step}`
    })
    .join('')
}

/** `a, b or c`. */
export function listed(words: readonly string[], conjunction = 'or'): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1) ?? ''}`
}

/**
 * The candidate that `name` was probably meant to be: the nearest one, if at most two or a third
 * of its letters differ. Undefined when none is near. Upper and lower case count as equal.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, tolerated: toleratedEdits(candidate) }))
    // Most candidates are ruled out by their length alone: comparing letters is quadratic.
    .filter(({ candidate, tolerated }) => Math.abs(candidate.length - name.length) <= tolerated)
    .map(({ candidate, tolerated }) => ({
      candidate,
      tolerated,
      distance: editDistance(name.toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ distance, tolerated }) => distance <= tolerated)
    .sort((a, b) => a.distance - b.distance)
  return ranked[0]?.candidate
}

/** Two neighbours swapped are two replacements, so short words may differ that much. */
function toleratedEdits({ length }: string): number {
  return length < 4 ? 1 : Math.max(2, Math.floor(length / 3))
}

/** How many letters to insert, delete or replace (Levenshtein). */
function editDistance(a: string, b: string): number {
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    last = row
  }
  return last[b.length] ?? 0
}
