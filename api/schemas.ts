import { Type, type TSchema } from 'typebox'
import { AppError } from '../core/errors.ts'
import { namePattern } from '../core/model-spec.ts'

const closed = { additionalProperties: false } as const

export const Name = Type.String({
  pattern: namePattern,
  description: 'A name of up to 128 letters, digits, _ . : - / or spaces.',
})
export const ModelParams = Type.Object({ model: Name }, closed)

/** A filter's value: compared, never interpreted. */
export const Text = Type.String({ maxLength: 1024 })
export const Time = Type.String({ format: 'date-time' })
export const NullableTime = Type.Unsafe<string | null>({ type: ['string', 'null'] })
export const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] })
export const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] })
export const FreeObject = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: 'object',
  additionalProperties: true,
})

export const rangeQuery = {
  from: Type.Optional(
    Type.String({ format: 'date-time', description: 'Earliest time, inclusive.' }),
  ),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'Latest time, exclusive.' })),
}

export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1000 })),
  cursor: Type.Optional(
    Type.String({
      maxLength: 8192,
      description: '`next_cursor` of the page before. Opaque.',
    }),
  ),
}

/** Every list answers the same way. */
export const PageOf = <Row extends TSchema>(row: Row) =>
  Type.Object({
    rows: Type.Array(row),
    next_cursor: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Give it as `cursor` for the next page; null at the end.',
    }),
  })

export const ErrorBody = Type.Object(
  {
    code: Type.String({ description: 'What went wrong: one of docs/errors.md.' }),
    message: Type.String(),
    details: Type.Optional(FreeObject),
  },
  { $id: 'Error', description: 'Answered with every status from 400 on.' },
)

const ErrorRef = Type.Unsafe<Type.Static<typeof ErrorBody>>({ $ref: 'Error#' })

/** Answers that any route may give. */
export const errorResponses = { '4xx': ErrorRef, '5xx': ErrorRef } as const

/** Half-open interval of a query, as times. */
export function timeRange({ from, to }: { from?: string; to?: string }): {
  from?: Date
  to?: Date
} {
  const range = {
    ...(from !== undefined && { from: new Date(from) }),
    ...(to !== undefined && { to: new Date(to) }),
  }
  for (const [name, time] of Object.entries(range)) {
    // A leap second is valid in the format and in no Date.
    if (Number.isNaN(time.getTime()))
      throw new AppError('REQUEST_INVALID', `${name} is not a time that exists`)
  }
  if (range.from !== undefined && range.to !== undefined && range.from >= range.to) {
    throw new AppError('REQUEST_INVALID', 'from must be before to')
  }
  return range
}
