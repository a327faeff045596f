import { parseError, type ClickHouseClient } from '@clickhouse/client'
import type { EmbeddedEngine } from './embedded-engine.ts'
import { identifier } from './query.ts'

export interface StreamedQuery {
  /** With its settings. */
  readonly sql: string
  readonly params: Readonly<Record<string, unknown>>
}

type RawRow = Readonly<Record<string, unknown>>

/** Runs a query whose answer is taken block by block, however long it is. Ending early cancels it. */
export type StreamedAnswers = (query: StreamedQuery) => AsyncGenerator<RawRow[]>

/**
 * Answers of the embedded engine as it makes them: it stops a few blocks ahead of the reader. Each stream
 * has a session of its own, because a session with an open stream takes no other statement.
 */
export function embeddedAnswers(
  engine: Pick<EmbeddedEngine, 'Session'>,
  { path, database }: { path: string; database: string },
): StreamedAnswers {
  return async function* ({ sql, params }) {
    const session = new engine.Session(path)
    try {
      await session.queryAsync(`USE ${identifier(database)}`)
      const stream = session.queryStreamBind(sql, { ...params }, { format: 'JSONEachRow' })
      for await (const block of ahead(stream)) yield block.rows<RawRow>()
    } catch (error) {
      // A stream's errors carry the engine's code in their text alone.
      throw error instanceof Error ? parseError(error) : error
    } finally {
      session.close()
    }
  }
}

/** Asks for the next value while the last one is worked on. */
async function* ahead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  let coming = iterator.next()
  try {
    for (let got = await coming; got.done !== true; got = await coming) {
      coming = iterator.next()
      // Whoever stops reading here is not to hear of it.
      coming.catch(() => undefined)
      yield got.value
    }
  } finally {
    await coming.catch(() => undefined)
    await iterator.return?.()
  }
}

/** Answers of a server, as they come over the wire. */
export function servedAnswers(client: ClickHouseClient): StreamedAnswers {
  return async function* ({ sql, params }) {
    const result = await client.query({
      query: sql,
      format: 'JSONEachRow',
      query_params: { ...params },
    })
    for await (const rows of result.stream<RawRow>()) yield rows.map((row) => row.json())
  }
}
