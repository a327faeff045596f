import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { haltStates, type PartitionHalt } from '../../store/queries/partition-halts-row.ts'
import { principalOf } from '../auth.ts'
import type { AuditLog, Partitions } from '../ports.ts'
import { errorResponses, Text, Time } from '../schemas.ts'

const closed = { additionalProperties: false } as const

const Partition = Type.Object({
  source: Type.String(),
  topic: Type.String({ description: '`topic@1` once it was made anew.' }),
  partition: Type.Integer(),
  state: Type.Enum([...haltStates], {
    description: 'halted; released by somebody; resumed: a message was accepted again.',
  }),
  offset: Type.Integer({ description: 'The first message that was not taken.' }),
  exceeded: Type.String({ description: 'The limit: run or ratio.' }),
  reason: Type.String({ description: 'Why the message at the offset is refused.' }),
  detail: Type.String(),
  refused: Type.Integer({ description: 'Of the last `seen` messages.' }),
  seen: Type.Integer(),
  released_by: Type.String(),
  halted_at: Time,
  changed_at: Time,
})

interface Deps {
  readonly partitions: Partitions
  readonly audit: AuditLog
}

const listPartitionsSchema = {
  operationId: 'listPartitions',
  tags: ['events'],
  summary: 'Partitions of which too much was refused, those that are halted first',
  response: { 200: Type.Object({ partitions: Type.Array(Partition) }), ...errorResponses },
}

const releasePartitionSchema = {
  operationId: 'releasePartition',
  tags: ['events'],
  summary: 'Go on reading a halted partition',
  description:
    'From where it was halted: what is refused becomes dead letters until a message is accepted; from there on the limits count anew. Repeating it changes nothing.',
  body: Type.Object(
    { source: Text, topic: Text, partition: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }) },
    closed,
  ),
  response: { 200: Partition, ...errorResponses },
}

/** /v1/partitions: what ingestion has halted, and its release. */
export const partitionRoutes: FastifyPluginAsyncTypebox<Deps> = async (
  app,
  { partitions, audit },
) => {
  app.get(
    '/v1/partitions',
    { config: { scope: 'read', spansModels: true }, schema: listPartitionsSchema },
    async () => ({ partitions: (await partitions.list()).map(published) }),
  )

  app.post(
    '/v1/partitions/release',
    { config: { scope: 'admin', spansModels: true }, schema: releasePartitionSchema },
    async (request) => {
      const { actor } = principalOf(request)
      const { source, topic, partition } = request.body
      await audit.record({
        actor,
        action: 'partition.release',
        subject: `${source}/${topic}/${partition}`,
        detail: {},
      })
      return published(await partitions.release({ source, topic, partition }, actor))
    },
  )
}

const published = ({ releasedBy, haltedAt, changedAt, ...halt }: PartitionHalt) => ({
  ...halt,
  released_by: releasedBy,
  halted_at: new Date(haltedAt).toISOString(),
  changed_at: new Date(changedAt).toISOString(),
})
