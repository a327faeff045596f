import { expect, test } from 'vitest'
import { nextStream, positionOf } from '../../../ingest/sources/kafka-position.ts'

const facts = {
  topic: 't',
  committed: null,
  ledger: null,
  watermarks: { low: 10, high: 100 },
  start: 'earliest',
} as const

test.each([
  ['nobody knows it: from its start', {}, { stream: 't', next: 10, lost: null }],
  ['nobody knows it, from its end', { start: 'latest' }, { stream: 't', next: 100, lost: null }],
  ['committed', { committed: 50 }, { stream: 't', next: 50, lost: null }],
  ['stored and not committed', { ledger: { stream: 't', next: 60 } }, { next: 60, lost: null }],
  [
    'the committed offset counts before the ledger: somebody moved it back',
    { committed: 20, ledger: { stream: 't', next: 60 } },
    { stream: 't', next: 20, lost: null },
  ],
  [
    'or forward: what lies between is a hole that the audit shows',
    { committed: 80, ledger: { stream: 't', next: 60 } },
    { stream: 't', next: 80, lost: null },
  ],
  ['retention took some', { committed: 4 }, { stream: 't', next: 10, lost: { first: 4, last: 9 } }],
  [
    'retention took some of what the ledger waits for',
    { ledger: { stream: 't', next: 3 } },
    { next: 10, lost: { first: 3, last: 9 } },
  ],
  [
    'moved back to what is gone and was stored: nothing is lost',
    { committed: 0, ledger: { stream: 't', next: 60 } },
    { next: 10, lost: null },
  ],
  [
    'moved back, gone, and stored in part',
    { committed: 0, ledger: { stream: 't', next: 7 } },
    { next: 10, lost: { first: 7, last: 9 } },
  ],
  [
    'it ends before what was stored: another topic under the same name',
    { ledger: { stream: 't', next: 101 } },
    { stream: 't@1', next: 10, lost: null, recreated: true },
  ],
  [
    'the same once more',
    { committed: 5, ledger: { stream: 't@1', next: 101 } },
    { stream: 't@2', recreated: true },
  ],
  ['it ends before what was committed', { committed: 101 }, { stream: 't@1', recreated: true }],
  [
    'a later stream goes on',
    { committed: 50, ledger: { stream: 't@3', next: 50 } },
    { stream: 't@3', next: 50, recreated: false },
  ],
  ['read to its end', { committed: 100 }, { next: 100, lost: null, recreated: false }],
] as const)('%s', (_, given, expected) => {
  expect(positionOf({ ...facts, ...given })).toMatchObject(expected)
})

test('streams of one topic are counted', () => {
  expect(nextStream('a', 'a')).toBe('a@1')
  expect(nextStream('a', 'a@9')).toBe('a@10')
})
