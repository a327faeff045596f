import { type Row, type RowStream } from './row.ts'

/** Rows as they are drawn, or with labels that alternate 1, 0, 1, … by drawing again. */
export function* balanced(alternate: boolean, draw: () => Row): RowStream {
  let wanted = 1
  for (;;) {
    const row = draw()
    if (alternate && row.y !== wanted) continue
    wanted = 1 - wanted
    yield row
  }
}
