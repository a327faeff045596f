import { Type, type TProperties, type TSchema } from 'typebox'
import { durationPattern } from './duration.ts'
import { secretReferencePattern } from './secrets.ts'

declare const kind: unique symbol
/** A duration as written, `5m`; milliseconds in Config, under the same name with `Ms`. */
export type DurationText = string & { readonly [kind]: 'duration' }
/** A path as written; absolute in Config. */
export type PathText = string & { readonly [kind]: 'path' }
/** A secret or a reference to one as written; a Secret in Config. */
export type SecretText = string & { readonly [kind]: 'secret' }

// Timers of Node hold 2^31 ms; beyond that they fire at once.
const longestTimer = '24d'

export const duration = (byDefault: string, description: string, most?: string) =>
  Type.Unsafe<DurationText>(
    Type.String({
      pattern: durationPattern,
      default: byDefault,
      description,
      'x-kind': 'duration',
      'x-allowed': `a duration such as 500ms, 30s, 5m, 1h or 7d${most === undefined ? '' : `, at most ${most}`}`,
      ...(most === undefined ? {} : { 'x-most': most }),
    }),
  )
export const timer = (byDefault: string, description: string) =>
  duration(byDefault, description, longestTimer)

export const path = (options: { description: string; default?: string }) =>
  Type.Unsafe<PathText>(
    Type.String({ minLength: 1, 'x-kind': 'path', 'x-allowed': 'a path', ...options }),
  )

export const count = (byDefault: number, description: string, { least = 1, most = 1e9 } = {}) =>
  Type.Integer({ minimum: least, maximum: most, default: byDefault, description })

export const bytes = (byDefault: number, description: string) =>
  Type.Integer({
    minimum: 1024,
    maximum: 2 ** 31 - 1,
    default: byDefault,
    description: `${description} In bytes.`,
  })

/** A mapping of known keys only. */
export const section = <T extends TProperties>(description: string, properties: T) =>
  Type.Object(properties, { additionalProperties: false, description })

export const list = <T extends TSchema>(
  items: T,
  byDefault: readonly unknown[],
  description: string,
) => Type.Array(items, { default: byDefault, description, uniqueItems: true })

/**
 * A reference to a secret, which stays a reference in Config: it is looked up at each use, so that a
 * rotated file is seen. The secret itself is refused.
 */
export const secretReference = (description: string) =>
  Type.String({
    pattern: secretReferencePattern,
    'x-kind': 'secret-reference',
    'x-allowed':
      'a reference such as ${env:NAME} or file:/run/secrets/name, never the secret itself',
    description,
  })

/** A mapping of names to values of one kind. */
export const mapping = <T extends TSchema>(pattern: string, values: T, description: string) =>
  Type.Unsafe<Record<string, Type.Static<T>>>({
    type: 'object',
    patternProperties: { [pattern]: values },
    additionalProperties: false,
    default: {},
    description,
  })
