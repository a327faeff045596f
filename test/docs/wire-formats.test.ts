import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../core/config.ts'
import { formats } from '../../core/decoding-schema.ts'
import { createDecoders } from '../../ingest/formats/decoders.ts'
import { wireMessage } from '../support/wire-messages.ts'

const blocks = (page: string, language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, text = '']) => text,
  )

test('the page of wire formats has a row for every format, and no other', () => {
  const page = readFileSync('docs/reference/wire-formats.md', 'utf8')
  const table = page.slice(0, page.indexOf('## Options'))
  expect([...table.matchAll(/^\| `([a-z0-9-]+)`/gm)].map(([, name]) => name)).toEqual([...formats])
})

test('the configurations of the page on mappings read the messages beside them', async () => {
  const page = readFileSync('docs/how-to/mapping.md', 'utf8')
  const decodings = Object.assign(
    {},
    ...blocks(page, 'yaml').map((text) => (parse(text) as { decodings: object }).decodings),
  ) as object
  const config = loadConfig({ env: { TIDEGAUGE__DECODINGS: JSON.stringify(decodings) } })
  const find = createDecoders(config, { clock: { monotonic: () => 0 } })
  const [order = '', vertex = ''] = blocks(page, 'json')
  const decoded = [
    await find('orders')?.decode(wireMessage(JSON.parse(order))),
    await find('vertex')?.decode(wireMessage(JSON.parse(vertex))),
  ]
  const values = decoded.flatMap((one) => (one?.kind === 'records' ? one.records : []))
  expect(values).toMatchObject([
    {
      value: {
        model: 'order-risk',
        version: '7',
        id: 'r-1',
        ts: 1_795_208_400_123,
        features: { amount: 12.5, age: 31, plan: 'pro' },
        prediction: '1',
        score: 0.83,
        latency_ms: 12.3,
        tags: { region: 'eu' },
      },
    },
    { value: { id: '9007199254740000#0', prediction: 'ok' } },
    { value: { id: '9007199254740000#1', prediction: 'fraud' } },
  ])
})
