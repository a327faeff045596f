import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judge, watching, type GuardState, type Verdict } from '../../ingest/partition-guard.ts'

const limits = { run: 3, ratio: 0, window: 0 }

/** Verdicts on a partition from offset 0 on; it ends where it is halted. */
function verdicts(start: GuardState, stream: readonly boolean[], chosen = limits): Verdict[] {
  const given: Verdict[] = []
  let state = start
  for (const [offset, refused] of stream.entries()) {
    const { verdict, next } = judge(chosen, state, { offset, refused })
    given.push(verdict)
    state = next
    if (verdict === 'halt') break
  }
  return given
}

const stream = (text: string): boolean[] => Array.from(text, (letter) => letter === 'x')
const haltedAt = (from: number, mode: 'trying' | 'released'): GuardState => ({
  ...watching,
  mode,
  from,
})

test.each([
  { name: 'the third refused in a row halts', text: 'xx.xxx', ends: ['take', 'halt'] },
  { name: 'an accepted one between them does not', text: 'xx.xx.', ends: ['take', 'take'] },
])('watching: $name', ({ text, ends }) => {
  expect(verdicts(watching, stream(text)).slice(-2)).toEqual(ends)
})

test('tried again, it halts at the same offset however many were refused before, or goes on', () => {
  expect(verdicts(haltedAt(5, 'trying'), stream('xxxxxx'))).toEqual([
    ...Array<Verdict>(5).fill('take'),
    'halt',
  ])
  expect(verdicts(haltedAt(2, 'trying'), stream('xx.xx.'))).toEqual([
    ...['take', 'take', 'resume'],
    ...['take', 'take', 'take'],
  ])
})

test('released, all that is refused is taken until one is accepted; then the guard begins anew', () => {
  expect(verdicts(haltedAt(2, 'released'), stream('..xxxxxx.xxx'))).toEqual([
    ...Array<Verdict>(8).fill('take'),
    'resume',
    ...['take', 'take', 'halt'],
  ])
})

test('only what is refused halts, and without limits nothing does', () => {
  const modes = fc.constantFrom<GuardState>(
    watching,
    haltedAt(3, 'trying'),
    haltedAt(3, 'released'),
  )
  fc.assert(
    fc.property(modes, fc.array(fc.boolean()), (start, messages) => {
      const given = verdicts(start, messages)
      const halt = given.indexOf('halt')
      if (halt >= 0) expect(messages[halt]).toBe(true)
      expect(verdicts(start, messages, { run: 0, ratio: 0, window: 0 })).not.toContain('halt')
    }),
  )
})
