import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { alertStates } from '../../core/names.ts'
import type { TransitionRecord } from '../../store/queries/list-transitions.ts'
import { principalOf } from '../auth.ts'
import { decodeCursor, pageAnswer } from '../paging.ts'
import type { Alerts } from '../ports.ts'
import {
  errorResponses,
  FreeObject,
  Name,
  PageOf,
  pageQuery,
  rangeQuery,
  Time,
  timeRange,
} from '../schemas.ts'

const closed = { additionalProperties: false } as const

const series = {
  model: Type.String(),
  monitor: Type.String(),
  version: Type.String(),
  variant: Type.String(),
  slice: Type.String(),
  feature: Type.String(),
}
const window = { window_start: Time, window_end: Time }

const Alert = Type.Object({
  ...series,
  state: Type.String(),
  previous_state: Type.String(),
  ...window,
  transition_id: Type.String({ description: 'The transition that led to this state.' }),
  evidence: FreeObject,
  created_at: Time,
  changed_at: Time,
})

const Transition = Type.Object({
  transition_id: Type.String(),
  ...series,
  ...window,
  from_state: Type.String(),
  to_state: Type.String(),
  valid: Type.Boolean({ description: 'False once late data showed that it never happened.' }),
  evidence: FreeObject,
  revision: Type.Integer(),
  created_at: Time,
  changed_at: Time,
})

const alertKeyParts = ['string', 'string', 'string', 'string', 'string', 'string'] as const

const State = Type.Enum([...alertStates])
const byModel = { model: Type.Optional(Name), monitor: Type.Optional(Name) }

/** /v1/alerts: who is in which state, and how they got there. */
export const alertRoutes: FastifyPluginAsyncTypebox<{ alerts: Alerts }> = async (
  app,
  { alerts },
) => {
  app.get(
    '/v1/alerts',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listAlerts',
        tags: ['alerts'],
        summary: 'The current state of every alert that ever changed',
        querystring: Type.Object({ ...byModel, state: Type.Optional(State), ...pageQuery }, closed),
        response: { 200: PageOf(Alert), ...errorResponses },
      },
    },
    async (request) => {
      const { limit = 1000, cursor, ...filter } = request.query
      const page = await alerts.current(
        { ...filter, models: principalOf(request).models },
        { limit, after: decodeCursor(cursor, alertKeyParts) },
      )
      const { rows, next_cursor } = pageAnswer(page)
      return { rows: rows.map(alert), next_cursor }
    },
  )

  app.get(
    '/v1/alerts/transitions',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listTransitions',
        tags: ['alerts'],
        summary: 'Changes of state, newest window first',
        querystring: Type.Object(
          {
            ...byModel,
            to_state: Type.Optional(State),
            valid: Type.Optional(Type.Boolean()),
            ...rangeQuery,
            ...pageQuery,
          },
          closed,
        ),
        response: { 200: PageOf(Transition), ...errorResponses },
      },
    },
    async (request) => {
      const { limit = 1000, cursor, from, to, ...filter } = request.query
      const range = timeRange({ ...(from && { from }), ...(to && { to }) })
      const page = await alerts.transitions(
        { ...filter, ...range, models: principalOf(request).models },
        { limit, after: decodeCursor(cursor, ['number', 'string']) },
      )
      return pageAnswer(page)
    },
  )
}

const alert = ({ from_state, to_state, ...transition }: TransitionRecord) => ({
  ...transition,
  state: to_state,
  previous_state: from_state,
})
