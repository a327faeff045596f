import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ingestCommand } from '../../bin/ingest.ts'
import { verifyCommand } from '../../bin/verify.ts'
import { openStore } from '../../store/client.ts'
import { runCommand } from './command-output.ts'
import { fakeService } from './fake-service.ts'

const directory = mkdtempSync(join(tmpdir(), 'tidegauge-verify-'))
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

const data = join(directory, 'data')
const config = join(directory, 'tidegauge.yaml')
writeFileSync(
  config,
  `store:\n  path: ${data}\ningest:\n  batch:\n    rows: 10\nmodels:\n  directory: ${directory}/models\n`,
)

const verify = async (...args: string[]) => runCommand(verifyCommand(), args)

test('an empty ledger proves nothing and is no failure', async () => {
  const result = await verify('-c', config)
  expect(result).toMatchObject({ exitCode: 0, out: expect.stringContaining('empty') as unknown })
})

test('what is whole is said to be, with what is kept; a hole is named and ends with exit code 1', async () => {
  const line = (i: number): string => `{"model":"kept","id":"${i % 25}","ts":1714557600000}`
  const path = join(directory, 'kept.ndjson')
  writeFileSync(path, `no json\n${Array.from({ length: 29 }, (_, i) => line(i)).join('\n')}`)
  await runCommand(ingestCommand(), [path, '-c', config])

  const whole = await verify('-c', config)
  expect(whole.exitCode).toBe(0)
  expect(whole.out).toMatch(
    /^whole {2}file [0-9a-f]{32} 0: offsets 0–29; 29 events, 0 labels, 1 rejected in 3 batches; 25 kept, 4 replaced/,
  )
  expect(whole.out).toContain('No offset is missing')

  const store = await openStore({ path: data, database: 'tidegauge' })
  await store.command({
    name: 'test',
    sql: 'ALTER TABLE ledger DELETE WHERE first_offset = 10 SETTINGS mutations_sync = 1',
  })
  await store.close()
  const holed = await verify('-c', config, '--no-counts')
  expect(holed.exitCode).toBe(1)
  expect(holed.out).toMatch(/^HOLED {2}file .*; 1 hole: 10–19; 19 events/)
  expect(holed.out).not.toContain('kept')
})

test('a running service is asked for its ledger', async () => {
  const partition = {
    source: 'kafka',
    topic: 'events',
    partition: 3,
    complete: false,
    intervals: [
      { from: 5, to: 9 },
      { from: 11, to: 20 },
    ],
    holes: [{ from: 10, to: 10 }],
    holes_total: 1,
    batches: 2,
    balanced: true,
    counts: {
      offsets: 22,
      messages: 17,
      taken: 15,
      rejected: 1,
      held: 1,
      skipped: 0,
      absent: 2,
      lost: 3,
      rows: 15,
      labels: 0,
    },
  }
  const service = await fakeService(() => ({
    status: 200,
    body: { complete: false, partitions: [partition] },
  }))
  try {
    const result = await verify('--url', service.url)
    expect(result.exitCode).toBe(1)
    expect(result.out).toContain(
      'HOLED  kafka events 3: offsets 5–20; 1 hole: 10; 15 events, 0 labels, 1 rejected in 2 batches; 1 waited for their other half; 2 offsets without a message; 3 LOST',
    )
    expect(service.requests[0]?.path).toBe('/v1/ledger/audit')
  } finally {
    await service.close()
  }
})
