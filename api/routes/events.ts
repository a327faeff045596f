import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError } from '../../core/errors.ts'
import { principalOf } from '../auth.ts'
import { addEventBodies } from '../event-body.ts'
import { EventsBody } from '../event-schema.ts'
import { httpFormat } from '../../ingest/http-format.ts'
import type { ApiOptions, Intake, Results } from '../ports.ts'
import { errorResponses, FreeObject, Name, NullableNumber, NullableText, Time } from '../schemas.ts'

const IntakeAnswer = Type.Object({
  accepted: Type.Integer({ description: 'Events and labels that are stored, durably.' }),
  rejected: Type.Array(
    Type.Object({
      index: Type.Integer({ description: 'Position in the request, from 0.' }),
      reason: Type.String(),
      detail: Type.String(),
    }),
    { description: 'What was not taken, and why. It is kept as a dead letter.' },
  ),
})

/** POST /v1/events: events and labels in, answered when they are durable. */
export const eventIntakeRoutes: FastifyPluginAsyncTypebox<{
  intake: Intake
  options: ApiOptions
}> = async (app, { intake, options }) => {
  addEventBodies(app, options)
  app.post(
    '/v1/events',
    {
      bodyLimit: options.bodyLimitBytes,
      config: { scope: 'ingest' },
      schema: {
        operationId: 'postEvents',
        tags: ['events'],
        summary: 'Send events and labels',
        description:
          'NDJSON, a JSON array or one JSON object, a CloudEvent or any configured wire format, gzip if you like. The answer comes when every accepted event is durable; repeating a request is harmless where events have ids or the request has an Idempotency-Key.',
        querystring: Type.Object(
          {
            backfill: Type.Optional(
              Type.Boolean({
                default: false,
                description: 'History: event times may be as old as the retention.',
              }),
            ),
            decoding: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: 128,
                description:
                  'How the body is read: a wire format such as `kserve`, or a name under `decodings` of the configuration. Left out: CloudEvents where headers or content type say so, native records otherwise.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        headers: Type.Object({
          'idempotency-key': Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_.:-]{1,128}$' })),
        }),
        body: EventsBody,
        response: { 200: IntakeAnswer, ...errorResponses },
      },
    },
    async (request) => {
      if (!Buffer.isBuffer(request.body)) {
        throw new AppError('REQUEST_INVALID', 'the request has no body')
      }
      const answer = await intake.receive({
        body: request.body,
        idempotencyKey: request.headers['idempotency-key'] ?? null,
        backfill: request.query.backfill ?? false,
        models: principalOf(request).models,
        signal: request.signal,
        format: httpFormat(request.headers, request.query.decoding),
      })
      return { accepted: answer.accepted, rejected: [...answer.rejected] }
    },
  )
}

const EventAnswer = Type.Object({
  model: Type.String(),
  id: Type.String(),
  ts: Time,
  version: Type.String(),
  variant: Type.String(),
  prediction: Type.Unsafe<string | number | null>({ type: ['string', 'number', 'null'] }),
  score: NullableNumber,
  scores: FreeObject,
  latency_ms: NullableNumber,
  error: NullableText,
  outlier_score: NullableNumber,
  outlier_features: FreeObject,
  outlier_revision: Type.Integer({
    description: 'Which fit of the outlier model scored it; 0 for none.',
  }),
  features: FreeObject,
  tags: FreeObject,
  issues: Type.Array(
    Type.Object({ feature: Type.String(), reason: Type.String(), value: Type.String() }),
    { description: 'Values that could not be counted as such.' },
  ),
  label: Type.Unsafe<unknown>({
    type: ['object', 'null'],
    properties: {
      label: { type: 'string' },
      ts: { type: 'string' },
      ingested_at: { type: 'string' },
    },
  }),
  provenance: Type.Object({
    source: Type.String(),
    topic: Type.String(),
    partition: Type.Integer(),
    offset: Type.Integer(),
    payload_bytes: Type.Integer(),
    ingested_at: Time,
  }),
})

/** GET /v1/events/:model/:id: everything that is kept of one event. */
export const eventRoutes: FastifyPluginAsyncTypebox<{
  results: Pick<Results, 'event'>
  requireModel: (model: string) => void
}> = async (app, { results, requireModel }) => {
  app.get(
    '/v1/events/:model/:id',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getEvent',
        tags: ['events'],
        summary: 'One event with its label',
        params: Type.Object(
          { model: Name, id: Type.String({ minLength: 1, maxLength: 512 }) },
          { additionalProperties: false },
        ),
        response: { 200: EventAnswer, ...errorResponses },
      },
    },
    async ({ params: { model, id } }) => {
      requireModel(model)
      const { event, label } = await results.event(model, id)
      if (event === null) {
        const labelled = label === null ? '' : ', though its label has come'
        throw new AppError('EVENT_NOT_FOUND', `model "${model}" has no event "${id}"${labelled}`)
      }
      return {
        ...event,
        model,
        features: Object.fromEntries(event.features),
        issues: [...event.issues],
        label,
      }
    },
  )
}
