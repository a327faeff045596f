import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError } from '../../core/errors.ts'
import { deliveryStates } from '../../core/names.ts'
import type { DeliveryRecord } from '../../store/queries/list-deliveries.ts'
import { principalOf, type Principal } from '../auth.ts'
import { decodeCursor, pageAnswer } from '../paging.ts'
import type { AuditLog, Deliveries } from '../ports.ts'
import { errorResponses, Name, NullableTime, PageOf, pageQuery, Time } from '../schemas.ts'

const closed = { additionalProperties: false } as const

const Delivery = Type.Object({
  delivery_id: Type.String({ description: 'The webhook-id: the same on every attempt.' }),
  model: Type.String(),
  monitor: Type.String(),
  action: Type.String(),
  transition_ids: Type.Array(Type.String()),
  state: Type.String(),
  attempts: Type.Integer(),
  next_attempt_at: Time,
  not_after: NullableTime,
  body: Type.String({ description: 'What is sent.' }),
  last_status: Type.Unsafe<number | null>({ type: ['integer', 'null'] }),
  last_error: Type.String(),
  last_response: Type.String(),
  created_at: Time,
  delivered_at: NullableTime,
  changed_at: Time,
})

const DeliveryParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 256 }) }, closed)

interface Deps {
  readonly deliveries: Deliveries
  readonly audit: AuditLog
}

const listDeliveriesSchema = {
  operationId: 'listDeliveries',
  tags: ['alerts'],
  summary: 'Webhook deliveries, newest first',
  querystring: Type.Object(
    {
      model: Type.Optional(Name),
      state: Type.Optional(Type.Enum([...deliveryStates])),
      ...pageQuery,
    },
    closed,
  ),
  response: { 200: PageOf(Delivery), ...errorResponses },
}

const getDeliverySchema = {
  operationId: 'getDelivery',
  tags: ['alerts'],
  summary: 'One delivery',
  params: DeliveryParams,
  response: { 200: Delivery, ...errorResponses },
}

const redeliverSchema = {
  operationId: 'redeliver',
  tags: ['alerts'],
  summary: 'Send a delivery again, under the same webhook-id',
  params: DeliveryParams,
  response: {
    202: Type.Object({ delivery_id: Type.String(), state: Type.String() }),
    ...errorResponses,
  },
}

/** /v1/deliveries: webhooks on their way, arrived or given up. */
export const deliveryRoutes: FastifyPluginAsyncTypebox<Deps> = async (
  app,
  { deliveries, audit },
) => {
  const found = async (id: string, { models }: Principal): Promise<DeliveryRecord> => {
    const page = await deliveries.list({ models, delivery_id: id }, { limit: 1, after: null })
    const [delivery] = page.rows
    // A delivery of another model is no more there, for a key that is bound, than one that is not.
    if (delivery === undefined) throw new AppError('DELIVERY_NOT_FOUND', `no delivery "${id}"`)
    return delivery
  }

  app.get(
    '/v1/deliveries',
    { config: { scope: 'read' }, schema: listDeliveriesSchema },
    async (request) => {
      const { limit = 1000, cursor, ...filter } = request.query
      const page = await deliveries.list(
        { ...filter, models: principalOf(request).models },
        { limit, after: decodeCursor(cursor, ['number', 'string']) },
      )
      const { rows, next_cursor } = pageAnswer(page)
      return { rows: rows.map(delivery), next_cursor }
    },
  )

  app.get(
    '/v1/deliveries/:id',
    { config: { scope: 'read' }, schema: getDeliverySchema },
    async (request) => delivery(await found(request.params.id, principalOf(request))),
  )

  app.post(
    '/v1/deliveries/:id/redeliver',
    { config: { scope: 'write' }, schema: redeliverSchema },
    async (request, reply) => {
      const principal = principalOf(request)
      const { delivery_id, model } = await found(request.params.id, principal)
      await audit.record({
        actor: principal.actor,
        action: 'delivery.redeliver',
        subject: delivery_id,
        detail: { model },
      })
      const state = await deliveries.redeliver(delivery_id)
      return reply.code(202).send({ delivery_id, state })
    },
  )
}

const delivery = (row: DeliveryRecord) => ({ ...row, transition_ids: [...row.transition_ids] })
