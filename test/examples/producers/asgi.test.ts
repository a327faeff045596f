import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  getJson,
  servicePlace,
  startTestService,
  type RunningService,
  type ServicePlace,
} from '../../support/service.ts'
import { hasPython, runProgram } from './run-program.ts'

interface Driven {
  readonly answers: readonly {
    readonly status?: number
    readonly id?: string
    readonly body?: string
    readonly thrown?: string
  }[]
  readonly sent: number
  readonly rejected: number
  readonly dropped: number
}

interface Asked {
  /** What the handler says of its prediction. */
  readonly event?: object
  readonly ids?: readonly string[]
  readonly status?: number
  readonly throws?: string
}

const drive = (asked: readonly Asked[], env: Readonly<Record<string, string>>): Promise<Driven> =>
  runProgram(
    ['python3', 'test/examples/producers/drive_asgi.py'],
    env,
    asked.map((one) => JSON.stringify(one)).join('\n'),
  )

const event = { features: { amount: 12.5, country: 'DE' }, prediction: 'good', score: 0.03 }

describe.skipIf(!hasPython)('middleware of the example for FastAPI', () => {
  let place: ServicePlace
  let service: RunningService

  beforeAll(async () => {
    place = await servicePlace()
    service = await startTestService(place)
  })
  afterAll(async () => {
    await service.stop()
    await place.remove()
  })

  const stored = (id: string): Promise<object> => getJson(service, `/v1/events/checkout/${id}`)

  test('makes an event of a request, under the id that the response carries', async () => {
    const { answers, ...counts } = await drive([{ event, ids: ['order-1'] }, { event }], {
      TIDEGAUGE_URL: service.url,
    })
    expect(counts).toEqual({ sent: 2, rejected: 0, dropped: 0 })
    expect(answers[0]).toEqual({ status: 200, id: 'order-1', body: 'answer' })
    expect(await stored('order-1')).toMatchObject({ ...event, version: '1', error: null })
    const made = answers[1]?.id ?? ''
    expect(made).toMatch(/^\d{13}-[0-9a-f]{32}$/)
    expect(await stored(made)).toMatchObject({ id: made, latency_ms: expect.any(Number) as number })
  })

  test('keeps what failed, as an event with its error, and passes the failure on', async () => {
    const { features } = event
    const { answers, sent } = await drive(
      [
        { event: { features }, ids: ['thrown'], throws: 'no model' },
        { event: { features }, ids: ['refused'], status: 503 },
      ],
      { TIDEGAUGE_URL: service.url },
    )
    expect(sent).toBe(2)
    expect(answers).toMatchObject([{ thrown: 'no model' }, { status: 503 }])
    expect(await stored('thrown')).toMatchObject({ features, error: 'ValueError' })
    expect(await stored('refused')).toMatchObject({ features, error: 'HTTP 503' })
  })

  test('leaves a request alone whose handler predicted nothing, and an id that is none', async () => {
    const { answers, ...counts } = await drive(
      [{ ids: ['health'] }, { event, ids: ['x'.repeat(129)] }],
      { TIDEGAUGE_URL: service.url },
    )
    expect(counts).toEqual({ sent: 1, rejected: 0, dropped: 0 })
    expect(answers[1]?.id).toMatch(/^\d{13}-/)
  })

  test('counts what the service refuses', async () => {
    const { answers, ...counts } = await drive(
      [{ event: { ...event, colour: 'red' } }, { event }],
      {
        TIDEGAUGE_URL: service.url,
      },
    )
    expect(answers).toHaveLength(2)
    expect(counts).toEqual({ sent: 1, rejected: 1, dropped: 0 })
  })

  test('predicts while the service is away, and counts what found no room or no time', async () => {
    const asked = Array.from({ length: 100 }, () => ({ event }))
    const { answers, ...counts } = await drive(asked, {
      TIDEGAUGE_URL: 'http://127.0.0.1:9',
      CAPACITY: '20',
      CLOSE_SECONDS: '0.3',
    })
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(counts).toEqual({ sent: 0, rejected: 0, dropped: 100 })
  })

  test('holds no more than its queue has room for', async () => {
    const asked = Array.from({ length: 30 }, () => ({ event }))
    const { dropped } = await drive(asked, {
      TIDEGAUGE_URL: service.url,
      CAPACITY: '20',
      NEVER_STARTED: '1',
    })
    expect(dropped).toBe(30)
  })
})

describe.skipIf(!hasPython)('its sender, before a service that fails', () => {
  const bodies: string[] = []
  const keys: (string | undefined)[] = []
  let server: Server
  let url: string
  let next: ('busy' | 'lost' | 'refused' | 'ok')[] = []

  beforeAll(async () => {
    server = createServer((request, response) => {
      keys.push(request.headers.authorization)
      let body = ''
      request.setEncoding('utf8').on('data', (piece: string) => (body += piece))
      request.on('end', () => {
        bodies.push(body)
        const fate = next.shift() ?? 'ok'
        if (fate === 'lost') request.socket.destroy()
        else if (fate === 'busy') response.writeHead(503, { 'retry-after': '0' }).end()
        else if (fate === 'refused') response.writeHead(401).end()
        else response.end(JSON.stringify({ accepted: body.split('\n').length, rejected: [] }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.close()
  })

  test('sends the same again after a busy answer and a lost one', async () => {
    bodies.length = 0
    next = ['busy', 'lost', 'ok']
    const { sent, dropped } = await drive([{ event, ids: ['again'] }], { TIDEGAUGE_URL: url })
    expect({ sent, dropped }).toEqual({ sent: 1, dropped: 0 })
    expect(bodies).toHaveLength(3)
    expect(new Set(bodies).size).toBe(1)
  })

  test('gives up at once what a service refuses as a whole, and goes on', async () => {
    bodies.length = 0
    next = ['refused', 'ok']
    const asked = Array.from({ length: 15 }, () => ({ event }))
    const { sent, dropped } = await drive(asked, { TIDEGAUGE_URL: url, KEY: 'tg_key' })
    expect(sent + dropped).toBe(15)
    expect(sent).toBe(15 - (bodies[0] ?? '').split('\n').length)
    expect(keys.at(-1)).toBe('Bearer tg_key')
  })
})
