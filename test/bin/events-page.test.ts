import { expect, test } from 'vitest'
import { eventsPage } from '../../bin/events-page.ts'

const page = eventsPage()

test.each([
  ['a plain message', '| delivery given up ', 'alerts/events.ts'],
  [
    'a message on a line of its own',
    '| batch given up, its senders were answered 503',
    'ingest/events.ts',
  ],
  ['a value within', '| cannot …, trying again ', 'bin/every.ts'],
  ['the last words of a process', '| stopped by a failure ', 'bin/serve.ts'],
])('log lines are found: %s', (_, message, file) => {
  const line = page.split('\n').find((text) => text.startsWith(message))
  expect(line).toContain(`\`${file}\``)
})

test('every type of message is there with what it means', () => {
  for (const type of ['alert.firing', 'alert.resolved', 'partition.halted', 'partition.released'])
    expect(page).toMatch(new RegExp(`\`tidegauge\\.${type}\` \\| .{10}`))
})

test('every level that a service logs at is explained', () => {
  const levels = [...page.matchAll(/^### (\w+)$/gm)].map(([, level]) => level)
  expect(levels).toEqual(['fatal', 'error', 'warn', 'info', 'debug'])
})
