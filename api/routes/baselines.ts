import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { durationPattern } from '../../core/duration.ts'
import { AppError } from '../../core/errors.ts'
import { principalOf } from '../auth.ts'
import type { AuditLog, Baselines } from '../ports.ts'
import { errorResponses, FreeObject, ModelParams, Name, Time } from '../schemas.ts'

const closed = { additionalProperties: false } as const

const Baseline = Type.Object({
  model: Type.String(),
  baseline: Type.String(),
  revision: Type.Integer(),
  kind: Type.String({ description: 'file, range, trailing, version or first.' }),
  version: Type.String({ description: 'Only events of this version are compared; "" for all.' }),
  definition: FreeObject,
  frozen: Type.Union([FreeObject, Type.Null()], {
    description: 'What the definition came to; null while it is pending.',
  }),
  binning: Type.Integer(),
  status: Type.String(),
  detail: Type.String(),
  n: Type.Integer({ description: 'Events in it.' }),
  created_at: Time,
  changed_at: Time,
})

const Definition = Type.Object(
  {
    file: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1024,
        description: 'Parquet, CSV or NDJSON in an allowed directory of the server.',
      }),
    ),
    range: Type.Optional(
      Type.Object(
        { from: Type.String({ format: 'date-time' }), to: Type.String({ format: 'date-time' }) },
        closed,
      ),
    ),
    trailing: Type.Optional(
      Type.String({ pattern: durationPattern, description: 'The last 7d, say.' }),
    ),
    version: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    first: Type.Optional(
      Type.Object(
        {
          events: Type.Integer({ minimum: 100 }),
          period: Type.String({ pattern: durationPattern }),
        },
        closed,
      ),
    ),
  },
  { ...closed, minProperties: 1, maxProperties: 1, description: 'Exactly one of these.' },
)

interface Deps {
  readonly baselines: Baselines
  readonly audit: AuditLog
  readonly requireModel: (model: string) => void
}

const listBaselinesSchema = {
  operationId: 'listBaselines',
  tags: ['baselines'],
  summary: "A model's baselines, each in its newest revision",
  params: ModelParams,
  response: { 200: Type.Object({ baselines: Type.Array(Baseline) }), ...errorResponses },
}

const getBaselineSchema = {
  operationId: 'getBaseline',
  tags: ['baselines'],
  summary: 'One baseline',
  params: Type.Object({ model: Name, name: Name }, closed),
  response: { 200: Baseline, ...errorResponses },
}

const createBaselineSchema = {
  operationId: 'createBaseline',
  tags: ['baselines'],
  summary: 'Create a baseline, or a new revision of one',
  params: ModelParams,
  body: Type.Object(
    {
      name: Name,
      definition: Definition,
      version: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 128,
          description: 'Compare only events of this version with it.',
        }),
      ),
    },
    closed,
  ),
  response: { 201: Baseline, ...errorResponses },
}

/** /v1/models/:model/baselines: what current data is compared with. */
export const baselineRoutes: FastifyPluginAsyncTypebox<Deps> = async (
  app,
  { baselines, audit, requireModel },
) => {
  app.get(
    '/v1/models/:model/baselines',
    { config: { scope: 'read' }, schema: listBaselinesSchema },
    async ({ params: { model } }) => {
      requireModel(model)
      return { baselines: await baselines.list(model) }
    },
  )

  app.get(
    '/v1/models/:model/baselines/:name',
    { config: { scope: 'read' }, schema: getBaselineSchema },
    async ({ params: { model, name } }) => {
      requireModel(model)
      const baseline = await baselines.get(model, name)
      if (baseline === undefined)
        throw new AppError('BASELINE_NOT_FOUND', `model "${model}" has no baseline "${name}"`)
      return baseline
    },
  )

  app.post(
    '/v1/models/:model/baselines',
    { config: { scope: 'write' }, schema: createBaselineSchema },
    async (request, reply) => {
      const { model } = request.params
      requireModel(model)
      await audit.record({
        actor: principalOf(request).actor,
        action: 'baseline.create',
        subject: `${model}/${request.body.name}`,
        detail: { ...request.body },
      })
      const created = await baselines.create(model, request.body)
      return reply.code(201).send(created)
    },
  )
}
