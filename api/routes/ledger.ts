import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { LedgerAudit, OffsetRange } from '../../store/ledger-audit.ts'
import type { Ledger } from '../ports.ts'
import { errorResponses } from '../schemas.ts'

/** Ranges of one partition in an answer: a topic full of holes must not make a document without end. */
const maxRanges = 1000

const Ranges = Type.Array(Type.Object({ from: Type.Integer(), to: Type.Integer() }))

const count = (description: string) => Type.Integer({ description })
const Counts = Type.Object(
  {
    offsets: count('Offsets that batches stand for.'),
    messages: count('Offsets that are messages.'),
    taken: count('Messages stored as events or labels.'),
    rejected: count('Messages kept as dead letters.'),
    held: count('Messages that were stored to wait for their other half.'),
    skipped: count('Messages that are no inference.'),
    absent: count('Offsets that no message has: transaction markers, or taken by compaction.'),
    lost: count('Offsets whose messages retention deleted before they were read.'),
    rows: count('Events written.'),
    labels: count('Labels written.'),
  },
  { description: 'What was read more than once counts more than once.' },
)

const Audit = Type.Object({
  complete: Type.Boolean({ description: 'No partition has a hole, and all of them balance.' }),
  partitions: Type.Array(
    Type.Object({
      source: Type.String(),
      topic: Type.String(),
      partition: Type.Integer(),
      complete: Type.Boolean(),
      intervals: Ranges,
      holes: Ranges,
      holes_total: Type.Integer(),
      batches: Type.Integer(),
      balanced: Type.Boolean({
        description:
          'Every offset is a message or explained, and every message has become something.',
      }),
      counts: Counts,
    }),
  ),
})

/** GET /v1/ledger/audit: the proof, from what was written, that no offset is missing. */
export const ledgerRoutes: FastifyPluginAsyncTypebox<{ ledger: Ledger }> = async (
  app,
  { ledger },
) => {
  const paths = [
    ['/v1/ledger', 'getLedger'],
    ['/v1/ledger/audit', 'auditLedger'],
  ] as const
  for (const [path, operationId] of paths) {
    app.get(
      path,
      {
        config: { scope: 'read', spansModels: true },
        schema: {
          operationId,
          tags: ['operations'],
          summary: 'Which offsets are stored, and which are missing',
          description: `Interval ends are included. At most ${maxRanges} intervals and holes a partition are listed.`,
          response: { 200: Audit, ...errorResponses },
        },
      },
      async () => answer(await ledger.audit()),
    )
  }
}

const answer = ({ complete, partitions }: LedgerAudit) => ({
  complete,
  partitions: partitions.map(({ intervals, holes, ...partition }) => ({
    ...partition,
    intervals: listed(intervals),
    holes: listed(holes),
    holes_total: holes.length,
  })),
})

const listed = (ranges: readonly OffsetRange[]): OffsetRange[] => ranges.slice(0, maxRanges)
