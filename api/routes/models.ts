import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError } from '../../core/errors.ts'
import { ModelSpecSchema } from '../../core/model-spec.ts'
import type { RegisteredModel } from '../../store/model-registry.ts'
import { principalOf } from '../auth.ts'
import { modelAnswer } from '../model-answer.ts'
import type { AuditLog, Models } from '../ports.ts'
import { errorResponses, FreeObject, ModelParams, Time } from '../schemas.ts'
import { rawBody } from '../validation.ts'

/** A model file of a thousand monitors is far smaller. */
const maxFileBytes = 1024 * 1024

const Model = Type.Object({
  model: Type.String(),
  revision: Type.Integer(),
  origin: Type.String({ description: 'file, api, or auto for one registered from its events.' }),
  created_at: Time,
  spec: Type.Unsafe<unknown>({
    type: 'object',
    additionalProperties: true,
    description: 'The model file as written; secrets are left out.',
  }),
  effective: FreeObject,
})

const yamlText = {
  schema: Type.String({ description: 'A model file in YAML.', ...rawBody }),
}

const listModelsSchema = {
  operationId: 'listModels',
  tags: ['models'],
  summary: 'All models',
  response: { 200: Type.Object({ models: Type.Array(Model) }), ...errorResponses },
}

const getModelSchema = {
  operationId: 'getModel',
  tags: ['models'],
  summary: 'One model: its file, its revision, and what it means with defaults',
  params: ModelParams,
  response: { 200: Model, ...errorResponses },
}

const getModelHistorySchema = {
  operationId: 'getModelHistory',
  tags: ['models'],
  summary: 'Every revision of a model, newest first',
  params: ModelParams,
  response: { 200: Type.Object({ revisions: Type.Array(Model) }), ...errorResponses },
}

const putModelSchema = {
  operationId: 'putModel',
  tags: ['models'],
  summary: 'Declare or change a model',
  description: 'A file that changes nothing makes no new revision.',
  params: ModelParams,
  body: {
    content: {
      'application/yaml': yamlText,
      'application/x-yaml': yamlText,
      'text/yaml': yamlText,
      'text/plain': yamlText,
      'application/json': { schema: Type.Unsafe({ ...ModelSpecSchema, ...rawBody }) },
    },
  },
  response: { 200: Model, ...errorResponses },
}

/** GET /v1/models: what is monitored, and how. */
export const modelRoutes: FastifyPluginAsyncTypebox<{ models: Models }> = async (
  app,
  { models },
) => {
  const found = (model: string): RegisteredModel => {
    const registered = models.get(model)
    if (registered === undefined) throw new AppError('MODEL_NOT_FOUND', `no model "${model}"`)
    return registered
  }

  app.get(
    '/v1/models',
    { config: { scope: 'read' }, schema: listModelsSchema },
    async (request) => {
      const bound = principalOf(request).models
      const visible = models
        .list()
        .filter(({ spec }) => bound === null || bound.includes(spec.model))
      return { models: visible.map(modelAnswer) }
    },
  )

  app.get(
    '/v1/models/:model',
    { config: { scope: 'read' }, schema: getModelSchema },
    async ({ params }) => modelAnswer(found(params.model)),
  )

  app.get(
    '/v1/models/:model/history',
    { config: { scope: 'read' }, schema: getModelHistorySchema },
    async ({ params }) => {
      found(params.model)
      const revisions = await models.history(params.model)
      return { revisions: revisions.map(modelAnswer) }
    },
  )
}

/** PUT /v1/models/:model: a model file as text, YAML or JSON. */
export const modelPutRoutes: FastifyPluginAsyncTypebox<{
  models: Pick<Models, 'put'>
  audit: AuditLog
}> = async (app, { models, audit }) => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ['application/json', 'application/yaml', 'application/x-yaml', 'text/yaml', 'text/plain'],
    { parseAs: 'string', bodyLimit: maxFileBytes },
    async (_request: unknown, text: string) => text,
  )

  app.put(
    '/v1/models/:model',
    {
      bodyLimit: maxFileBytes,
      config: { scope: 'write' },
      schema: putModelSchema,
    },
    async (request) => {
      const { model } = request.params
      if (typeof request.body !== 'string')
        throw new AppError('REQUEST_INVALID', 'the request has no body')
      await audit.record({
        actor: principalOf(request).actor,
        action: 'model.put',
        subject: model,
        detail: { bytes: Buffer.byteLength(request.body) },
      })
      const type = request.mediaType ?? 'application/yaml'
      return modelAnswer(await models.put(model, request.body, type))
    },
  )
}
