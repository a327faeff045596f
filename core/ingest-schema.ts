import { Type } from 'typebox'
import { bytes, count, duration, section, timer } from './config-fields.ts'

/** The section `ingest` of the configuration. */
export const ingest = section('How events become rows.', {
  batch: section('When a batch of one model closes and is inserted: whichever comes first.', {
    rows: count(50_000, 'Rows of a batch.', { most: 10_000_000 }),
    bytes: bytes(32 * 1024 ** 2, 'Size of the events of a batch as received.'),
    wait: timer(
      '100ms',
      'How long the first event of a batch waits for others; longer where max_inserts_per_second asks for it.',
    ),
  }),
  queue_bytes: bytes(
    64 * 1024 ** 2,
    'Events that may wait for their insert; beyond it requests are answered 429.',
  ),
  max_inserts_per_second: count(
    20,
    'Budget of inserts over all models: with many slow models batches wait longer instead.',
    { most: 1000 },
  ),
  pairing: section('Requests and responses that come as messages of their own.', {
    timeout: duration(
      '1h',
      'How long one half waits for the other before it becomes a dead letter.',
      '7d',
    ),
    max_waiting: count(
      1_000_000,
      'Most halves that wait; beyond it the oldest become dead letters before their time.',
    ),
  }),
  reject_limits: section(
    'When a Kafka partition is halted because too much of it is refused, instead of becoming dead letters as a whole.',
    {
      run: count(1000, 'Messages refused in a row; 0 for no limit.', { least: 0 }),
      ratio: Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0.5,
        description: 'Share of the last `window` messages that is refused; 0 for no limit.',
      }),
      window: count(10_000, 'Messages that `ratio` looks back on; 0 for no limit.', {
        least: 0,
        most: 10_000_000,
      }),
    },
  ),
  limits: section('What one event may be. Events beyond it go to the dead letters.', {
    event_bytes: bytes(65_536, 'Greatest event.'),
    keys: count(512, 'Keys of all objects of an event.', { most: 100_000 }),
    depth: count(8, 'Nesting of objects and lists.', { most: 64 }),
    string_chars: count(256, 'Length of a string.', { most: 1_000_000 }),
    text_chars: count(8192, 'Length of a text feature: what goes beyond is cut off and noted.', {
      most: 1_000_000,
    }),
    features: count(2000, 'Features of a model, columns of its table.', { most: 10_000 }),
    past: duration('7d', 'How old an event of a live source may be.'),
    future: duration('5m', 'How far ahead of the clock an event may be.'),
  }),
})
