import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { AppError } from './errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What is printed where a secret stands. */
export const secretMark = '[secret]'

/** A value that only `reveal()` shows: logs, JSON, template strings and `inspect` print a mark. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return secretMark
  }

  toJSON(): string {
    return secretMark
  }

  [Symbol.toPrimitive](): string {
    return secretMark
  }

  [inspect.custom](): string {
    return secretMark
  }
}

/** `${env:NAME}` or `file:/absolute/path`. */
export const secretReferencePattern = '^(\\$\\{env:[A-Za-z_][A-Za-z0-9_]*\\}|file:/.+)$'

/**
 * The secret that a reference names now: call it at each use, so that a rotated file is seen.
 * `${env:NAME}` and `file:/path` (its content without trailing line breaks) are looked up, anything
 * else is the secret itself. Throws CONFIG_INVALID, naming the reference and never the content, when
 * the variable or file is missing or empty.
 */
export function resolveSecret(reference: string, env: Environment): Secret {
  const variable = /^\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(reference)?.[1]
  if (variable !== undefined) {
    return held(env[variable], `environment variable ${variable} is not set or empty`)
  }
  if (!reference.startsWith('file:')) return held(reference, 'the secret is empty')
  const path = reference.slice('file:'.length)
  return held(readSecretFile(path).replace(/[\r\n]+$/, ''), `secret file ${path} is empty`)
}

function held(value: string | undefined, otherwise: string): Secret {
  if (value === undefined || value === '') throw new AppError('CONFIG_INVALID', otherwise)
  return new Secret(value)
}

function readSecretFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `secret file ${path} cannot be read`, { cause })
  }
}

// What gives itself away as a secret in any text. The replacements hold no quotes or backslashes,
// so a scrubbed line of JSON is still JSON.
const giveaways: readonly (readonly [RegExp, string])[] = [
  [/\/\/[^\s/@"'?#]+@/g, `//${secretMark}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${secretMark}`],
  [/\btgk_([A-Za-z0-9-]+)_[\w-]+/g, `tgk_$1_${secretMark}`],
  [/\bwhsec_[\w+/=-]+/g, secretMark],
  [/(hooks\.slack\.com\/(?:services|workflows|triggers))\/[\w/-]+/g, `$1/${secretMark}`],
]

/** Text with everything removed that looks like a credential: the last net before a log or an answer. */
export function scrub(text: string): string {
  return giveaways.reduce((clean, [pattern, mark]) => clean.replace(pattern, mark), text)
}
