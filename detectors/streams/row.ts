/** One example: its features in the generator's order, and its class or value. */
export interface Row {
  readonly x: readonly number[]
  readonly y: number
}

/** An endless stream of rows. Each call of a generator starts the stream anew. */
export type RowStream = Generator<Row, never, void>

/** The next rows of a stream. */
export function take(stream: RowStream, count: number): Row[] {
  return Array.from({ length: count }, () => stream.next().value)
}
