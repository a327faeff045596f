import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createScreen, type Screen } from '../../bin/demo-screen.ts'

function screenOn(terminal: { columns: number } | null): { screen: Screen; written: () => string } {
  const stream = new PassThrough()
  const out: unknown = Object.assign(stream, terminal === null ? {} : { ...terminal, isTTY: true })
  let now = 1000
  const screen = createScreen(out as NodeJS.WriteStream, () => (now += 500))
  return { screen, written: () => String(stream.read() ?? '') }
}

test('in a pipe progress is a line every tenth', () => {
  const { screen, written } = screenOn(null)
  for (const done of [0.02, 0.11, 0.12, 0.19, 0.35, 1]) screen.progress(done, `day ${done}`)
  screen.endProgress()
  expect(written()).toBe(
    ['   0.5 s   10 %  day 0.11', '   1.0 s   30 %  day 0.35', '   1.5 s  100 %  day 1', ''].join(
      '\n',
    ),
  )
})

test('on a terminal the bar stays below what is said, and within the line', () => {
  const { screen, written } = screenOn({ columns: 60 })
  screen.progress(0.5, 'a text that is much too long for a terminal of this width')
  const bar = written()
  expect(bar.startsWith('\r\u001b[K')).toBe(true)
  expect(bar).toContain(' 50 %')
  expect(bar.slice('\r\u001b[K'.length)).toHaveLength(59)
  screen.print('said')
  expect(written()).toBe(`\r\u001b[Ksaid\n${bar.slice('\r\u001b[K'.length)}`)
  screen.endProgress()
  expect(written()).toBe('\r\u001b[K')
  screen.print('after')
  expect(written()).toBe('after\n')
})

test('what a service answers cannot steer the terminal', () => {
  const { screen, written } = screenOn(null)
  screen.say('a\u001b[2Jb')
  expect(written()).not.toContain('\u001b')
})
