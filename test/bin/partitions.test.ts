import { afterEach, expect, test } from 'vitest'
import { partitionsCommand } from '../../bin/partitions.ts'
import { runCommand } from './command-output.ts'
import { fakeService, type FakeService } from './fake-service.ts'

const partition = {
  ...{ source: 'kafka:main', topic: 'payments', partition: 3, state: 'halted', offset: 42 },
  ...{ exceeded: 'run', reason: 'invalid_json', detail: '\u001b[31mred', refused: 9, seen: 10 },
  ...{ released_by: '', halted_at: '2026-11-20T12:00:00.000Z', changed_at: '' },
}

const open: FakeService[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((service) => service.close()))
})

async function serviceWith(partitions: readonly object[]): Promise<FakeService> {
  const service = await fakeService(({ path }) => ({
    status: 200,
    body: path.endsWith('/release') ? { ...partition, state: 'released' } : { partitions },
  }))
  open.push(service)
  return service
}

test('shows what is halted and why, and nothing that steers the terminal', async () => {
  const { url } = await serviceWith([partition])
  const { out } = await runCommand(partitionsCommand(), ['--url', url])
  expect(out).toMatch(
    /kafka:main │ payments │ +3 │ halted │ 2026-11-20T12:00:00.000Z │ +42 │ +9 │ +10 │ invalid_json: \ufffd\[31mred/,
  )
  const json = await runCommand(partitionsCommand(), ['list', '--url', url, '--format', 'json'])
  expect(JSON.parse(json.out)).toEqual([partition])
})

test('says so where nothing was ever halted', async () => {
  const { url } = await serviceWith([])
  expect((await runCommand(partitionsCommand(), ['--url', url])).out).toBe(
    'No partition was halted.',
  )
})

test('releases the one that is named', async () => {
  const service = await serviceWith([])
  const args = ['release', 'kafka:main', 'payments', '3', '--url', service.url, '--key', 'tgk_1']
  const { out } = await runCommand(partitionsCommand(), args)
  expect(out).toContain('goes on at offset 42')
  expect(service.requests).toMatchObject([
    {
      path: '/v1/partitions/release',
      headers: { authorization: 'Bearer tgk_1' },
      body: '{"source":"kafka:main","topic":"payments","partition":3}',
    },
  ])
})
