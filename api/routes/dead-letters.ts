import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError } from '../../core/errors.ts'
import { rejectReasons } from '../../core/names.ts'
import type { DeadLetterRecord } from '../../store/queries/dead-letters-list.ts'
import { principalOf } from '../auth.ts'
import { decodeCursor, encodeCursor, pageAnswer } from '../paging.ts'
import type { AuditLog, DeadLetterId, DeadLetters } from '../ports.ts'
import {
  errorResponses,
  Name,
  NullableTime,
  PageOf,
  pageQuery,
  rangeQuery,
  Time,
  timeRange,
} from '../schemas.ts'

const closed = { additionalProperties: false } as const

const DeadLetter = Type.Object({
  id: Type.String({ description: 'Names it in a replay.' }),
  source: Type.String(),
  topic: Type.String(),
  partition: Type.Integer(),
  offset: Type.Integer(),
  model: Type.String({ description: '"" where the message did not say.' }),
  reason: Type.String(),
  detail: Type.String(),
  raw: Type.String(),
  raw_encoding: Type.String({ description: 'utf8, or base64 where the bytes are no UTF-8.' }),
  received_at: Time,
  replayed_at: NullableTime,
})

const Reason = Type.Enum([...rejectReasons])
const filterProperties = {
  model: Type.Optional(Name),
  reason: Type.Optional(Reason),
  ...rangeQuery,
}

interface Deps {
  readonly deadLetters: DeadLetters
  readonly audit: AuditLog
}

const listDeadLettersSchema = {
  operationId: 'listDeadLetters',
  tags: ['events'],
  summary: 'Messages that were refused, newest first',
  querystring: Type.Object(
    { ...filterProperties, replayed: Type.Optional(Type.Boolean()), ...pageQuery },
    closed,
  ),
  response: { 200: PageOf(DeadLetter), ...errorResponses },
}

const replayDeadLettersSchema = {
  operationId: 'replayDeadLetters',
  tags: ['events'],
  summary: 'Send refused messages through the pipeline again',
  description: 'Those named by `ids`, or all that match `filter`.',
  body: Type.Object(
    {
      ids: Type.Optional(
        Type.Array(Type.String({ maxLength: 2048 }), { minItems: 1, maxItems: 1000 }),
      ),
      filter: Type.Optional(Type.Object(filterProperties, closed)),
    },
    { ...closed, minProperties: 1, maxProperties: 1 },
  ),
  response: {
    200: Type.Object({
      replayed: Type.Integer(),
      accepted: Type.Integer(),
      rejected: Type.Integer(),
    }),
    ...errorResponses,
  },
}

/** /v1/dead-letters: what was refused, and its second chance. */
export const deadLetterRoutes: FastifyPluginAsyncTypebox<Deps> = async (
  app,
  { deadLetters, audit },
) => {
  app.get(
    '/v1/dead-letters',
    { config: { scope: 'read' }, schema: listDeadLettersSchema },
    async (request) => {
      const { limit = 1000, cursor, from, to, ...filter } = request.query
      const range = timeRange({ ...(from && { from }), ...(to && { to }) })
      const page = await deadLetters.list(
        { ...filter, ...range, models: principalOf(request).models },
        { limit, after: decodeCursor(cursor, pageKeyParts) },
      )
      const { rows, next_cursor } = pageAnswer(page)
      return { rows: rows.map((row) => ({ id: deadLetterId(row), ...row })), next_cursor }
    },
  )

  app.post(
    '/v1/dead-letters/replay',
    { config: { scope: 'write' }, schema: replayDeadLettersSchema },
    async (request) => {
      const { actor, models } = principalOf(request)
      const { ids, filter = {} } = request.body
      const named = filter.model
      if (models !== null && named !== undefined && !models.includes(named))
        throw new AppError('FORBIDDEN', `this key is not bound to model "${named}"`)
      const select =
        ids === undefined ? { filter: replayFilter(filter) } : { ids: ids.map(parseDeadLetterId) }
      await audit.record({
        actor,
        action: 'dead_letters.replay',
        subject: named ?? '',
        detail: ids === undefined ? { filter } : { ids: ids.length },
      })
      return deadLetters.replay({ models, select })
    },
  )
}

function replayFilter({
  from,
  to,
  ...filter
}: {
  model?: string
  reason?: string
  from?: string
  to?: string
}) {
  return { ...filter, ...timeRange({ ...(from && { from }), ...(to && { to }) }) }
}

const deadLetterId = (row: DeadLetterRecord): string =>
  encodeCursor([row.source, row.topic, row.partition, row.offset])

function parseDeadLetterId(id: string): DeadLetterId {
  const parts = decodeCursor(id, idParts)
  if (parts === null) throw new TypeError('parseDeadLetterId requires an id')
  const [source, topic, partition, offset] = parts
  return { source, topic, partition, offset }
}

const idParts = ['string', 'string', 'number', 'number'] as const
const pageKeyParts = ['number', ...idParts] as const
