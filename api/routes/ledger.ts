import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { LedgerAudit, OffsetRange } from '../../store/ledger-audit.ts'
import type { Ledger } from '../ports.ts'
import { errorResponses } from '../schemas.ts'

/** Ranges of one partition in an answer: a topic full of holes must not make a document without end. */
const maxRanges = 1000

const Ranges = Type.Array(Type.Object({ from: Type.Integer(), to: Type.Integer() }))

const Audit = Type.Object({
  complete: Type.Boolean({ description: 'No partition has a hole.' }),
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
      rows: Type.Integer({ description: 'Rows written, those of replays too.' }),
      labels: Type.Integer(),
      rejected: Type.Integer(),
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
