import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ingestCommand } from '../../bin/ingest.ts'
import { openStore } from '../../store/client.ts'
import { runCommand } from './command-output.ts'
import { fakeService } from './fake-service.ts'

const directory = mkdtempSync(join(tmpdir(), 'tidegauge-ingest-'))
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

function file(name: string, content: string): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

const data = join(directory, 'data')
const config = file(
  'tidegauge.yaml',
  `store:\n  path: ${data}\nmodels:\n  directory: ${join(directory, 'models')}\nlog:\n  level: silent\n`,
)

const ingest = async (...args: string[]) => runCommand(ingestCommand(), args)

async function stored(sql: string): Promise<unknown[]> {
  const store = await openStore({ path: data, database: 'tidegauge' })
  try {
    return await store.query({ name: 'test', sql, params: {}, toRow: (raw) => ({ ...raw }) })
  } finally {
    await store.close()
  }
}

test('loads a table, says what was rejected and where it went, and is done the second time', async () => {
  const path = file('rides.csv', 'when,km,truth\n2024-05-01,1.5,1\nnever,2,0\n2024-05-02,3,0,9\n')
  const args = [path, '-c', config, '--model', 'rides', '--ts', 'when', '--label', 'truth']
  const first = await ingest(...args)
  expect(first.exitCode).toBe(0)
  expect(first.out).toContain('rides.csv: 2 accepted, 3 rejected')
  expect(first.out).toContain('2 invalid_timestamp, first in line 3: "ts" must be ISO 8601')
  expect(first.out).toContain('1 invalid_row, first in line 4: the row has 4 cells, the header 3')
  expect(first.out).toContain('kept in table dead_letters')
  expect(await stored('SELECT `features.km` AS km FROM events_rides FINAL')).toEqual([{ km: 1.5 }])
  expect((await ingest(...args, '--strict')).out).toContain('is loaded already: its 5 records')
})

test('rejected records make the exit code 1 only when it is strict', async () => {
  const path = file('bad.ndjson', '{"model":"strict","id":"1"}\nno json\n')
  const result = await ingest(path, '-c', config, '--strict')
  expect(result.out).toContain('1 accepted, 1 rejected')
  expect(result.exitCode).toBe(1)
})

test('lines of another format are read as the configuration says', async () => {
  const decoded = file(
    'decodings.yaml',
    `store:\n  path: ${data}\nlog:\n  level: silent\ndecodings:\n  logs: { format: mapping, mapping: { model: { value: shop }, features: { "*": /f } } }\n`,
  )
  const path = file('shop.jsonl', '{"f":{"a":1}}\n{"f":{"a":2}}\n{"g":1}\n')
  const { out } = await ingest(path, '-c', decoded, '--decoding', 'logs')
  expect(out).toContain('shop.jsonl: 2 accepted, 1 rejected')
  expect(await stored('SELECT sum(`features.a`) AS sum FROM events_shop FINAL')).toEqual([
    { sum: 3 },
  ])
  await expect(ingest(path, '-c', decoded, '--decoding', 'lgos')).rejects.toThrow(
    'there is no decoding "lgos"',
  )
})

test('columns without a model are an error', async () => {
  const path = file('nomodel.csv', 'a\n1\n')
  await expect(ingest(path, '-c', config, '--ts', 'a')).rejects.toThrow('--model')
})

test('a data directory in use says so, and what to do instead', async () => {
  const script = `
    const { openStore } = await import(${JSON.stringify(resolve('store/client.ts'))})
    const store = await openStore({ path: ${JSON.stringify(data)}, database: 'tidegauge' })
    console.log('open')
    process.stdin.once('end', () => store.close().then(() => process.exit(0))).resume()`
  const other = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    await once(other.stdout, 'data')
    const path = file('busy.ndjson', '{"model":"busy"}')
    await expect(ingest(path, '-c', config)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(
        /is in use by another process.*--url http:\/\/127\.0\.0\.1:8080, or stop it/,
      ) as unknown,
    })
  } finally {
    other.stdin.end()
    await once(other, 'exit')
  }
})

test('sends a file to a running service in named bodies, patiently, and reports its rejections', async () => {
  const service = await fakeService(({ body }, count) => {
    if (count === 1) return { status: 429, headers: { 'retry-after': '0' }, body: {} }
    const index = body.split('\n').findIndex((line) => line.includes('wrong'))
    const rejected = index < 0 ? [] : [{ index, reason: 'missing_model', detail: 'no model' }]
    return { status: 200, body: { accepted: 1, rejected } }
  })
  const line = (i: number): string => `{"model":"up","id":"${i}","error":"${'x'.repeat(4000)}"}`
  const lines = Array.from({ length: 1500 }, (_, i) => line(i))
  const path = file('up.ndjson', [...lines, '{"wrong":1}'].join('\n'))
  try {
    const result = await ingest(path, '--url', service.url, '--key', 'tgk_x_y')
    expect(result.out).toContain('1500 accepted, 1 rejected')
    expect(result.out).toContain('1 missing_model, first in line 1501: no model')
    expect(result.out).toContain('GET /v1/dead-letters')
    const [first, again, last, ...more] = service.requests
    expect(more).toEqual([])
    expect(again?.body === first?.body).toBe(true)
    expect(again?.headers['idempotency-key']).toBe(first?.headers['idempotency-key'])
    expect(first?.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}:0$/)
    expect(last?.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}:1$/)
    expect(first?.path).toBe('/v1/events?backfill=true')
    expect(first?.headers.authorization).toBe('Bearer tgk_x_y')
    for (const { body } of service.requests) {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4 * 1024 * 1024)
      // Sent again it must be the same event: at the file's time, not at that of arrival.
      expect(body.split('\n').every((text) => /^\{"ts":\d+,/.test(text))).toBe(true)
    }
  } finally {
    await service.close()
  }
})

test('a table is sent as its model is declared at the service; damaged rows stay here', async () => {
  const service = await fakeService(({ path }) =>
    path.startsWith('/v1/models/')
      ? {
          status: 200,
          body: {
            effective: {
              task: 'regression',
              features: { zip: { type: 'categorical' }, km: { type: 'numeric' } },
            },
          },
        }
      : { status: 200, body: { accepted: 2, rejected: [] } },
  )
  const path = file('up.csv', 'id,zip,km\n1,10115,far\n2\n3,20095,7\n')
  try {
    const result = await ingest(path, '--url', service.url, '--model', 'a b', '--id', 'id')
    expect(result.out).toContain('2 accepted, 1 rejected')
    expect(service.requests.map((request) => request.path)).toEqual([
      '/v1/models/a%20b',
      '/v1/events?backfill=true',
    ])
    const events = service.requests[1]?.body.replaceAll(/"ts":\d+/g, '"ts":0').split('\n')
    expect(events).toEqual([
      '{"model":"a b","id":"1","ts":0,"features":{"zip":"10115","km":1e999}}',
      '{"model":"a b","id":"3","ts":0,"features":{"zip":"20095","km":7}}',
    ])
  } finally {
    await service.close()
  }
})

test('Parquet is read beside the service, by an engine of its own', async () => {
  const path = join(directory, 'up.parquet')
  const store = await openStore({ path: data, database: 'tidegauge' })
  await store.command({
    name: 'test',
    sql: `INSERT INTO FUNCTION file('${path}', 'Parquet') SELECT number AS id, number / 2 AS km FROM numbers(2)`,
  })
  await store.close()
  const service = await fakeService(({ path: asked }) =>
    asked.startsWith('/v1/models/')
      ? { status: 404, body: { code: 'MODEL_NOT_FOUND' } }
      : { status: 200, body: { accepted: 2, rejected: [] } },
  )
  try {
    const result = await ingest(path, '--url', service.url, '--model', 'm', '--id', 'id')
    expect(result.out).toContain('2 accepted, 0 rejected')
    expect(service.requests[1]?.body).toMatch(/"id":"1","ts":\d+,"features":\{"km":0.5\}\}$/)
  } finally {
    await service.close()
  }
})

test('what the service refuses is told with its code', async () => {
  const service = await fakeService(() => ({
    status: 401,
    body: { code: 'KEY_INVALID', message: 'no such key' },
  }))
  const path = file('refused.ndjson', '{"model":"x"}')
  try {
    await expect(ingest(path, '--url', service.url)).rejects.toMatchObject({
      code: 'SERVICE_REFUSED',
      message: 'the service answered 401 KEY_INVALID: no such key',
    })
  } finally {
    await service.close()
  }
})
