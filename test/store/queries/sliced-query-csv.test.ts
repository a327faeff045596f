import { expect, test } from 'vitest'
import { toCsv } from '../../../store/queries/sliced-query-csv.ts'

test('CSV quotes what needs it and disarms text that a spreadsheet would run', () => {
  const columns = [
    { name: 'a,b', type: 'text' as const },
    { name: 'n', type: 'number' as const },
  ]
  const table = [
    ['=1+1', -1.5],
    ['say "hi"', null],
    ['two\nlines', true],
  ]
  expect(toCsv({ columns, rows: table })).toBe(
    '"a,b",n\r\n\'=1+1,-1.5\r\n"say ""hi""",\r\n"two\nlines",true\r\n',
  )
})
