import Table from 'cli-table3'

export type Cell = string | number | null

/** A table for a terminal: numbers to the right, nothing as a dash. */
export function tableText(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) =>
      rows.some((row) => typeof row[column] === 'number') ? 'right' : 'left',
    ),
    style: { head: [], border: [] },
  })
  for (const row of rows) table.push(row.map(cellText))
  return table.toString()
}

function cellText(value: Cell): string {
  if (value === null || value === '') return '-'
  return printable(String(value))
}

/** What a service or a file brings must not steer the terminal. Line ends stay. */
export const printable = (text: string): string => text.replaceAll(/(?!\n)\p{C}/gu, '\ufffd')
