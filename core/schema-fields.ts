import { Type } from 'typebox'
import { durationPattern } from './duration.ts'

/** Names of models, features, slices, monitors …: letters, digits and `_ . : - /` and space, NFC. */
export const namePattern = '^[\\p{L}\\p{N}_.:\\-/ ]{1,128}$'
const nameText = 'a name of up to 128 letters, digits, _ . : - / or spaces'

/** No other keys. */
export const closed = { additionalProperties: false } as const
/** A mapping of free names to values of one kind. */
export const named = { ...closed, 'x-allowed-names': nameText } as const

export const name = (description: string) =>
  Type.String({ pattern: namePattern, 'x-allowed': nameText, description })
export const duration = (description: string) =>
  Type.String({
    pattern: durationPattern,
    'x-kind': 'duration',
    'x-allowed': 'a duration such as 30s, 5m, 1h or 7d',
    description,
  })
