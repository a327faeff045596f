import { Webhook } from 'standardwebhooks'
import { afterEach, expect, test } from 'vitest'
import {
  startRetrainReceiver,
  type RetrainReceiver,
} from '../../../examples/flights/retrain-receiver.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
let receiver: RetrainReceiver
afterEach(async () => receiver.close())

async function deliver(id: string, payload: unknown, key = secret): Promise<number> {
  const body = JSON.stringify(payload)
  const now = new Date()
  const response = await fetch(receiver.url, {
    method: 'POST',
    body,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(key).sign(id, now, body),
    },
  })
  return response.status
}

test('a signed call is answered before the work is done, and works once however often it comes', async () => {
  const calls: unknown[] = []
  let finish = (): void => undefined
  const gate = new Promise<void>((resolve) => (finish = resolve))
  receiver = await startRetrainReceiver({
    secret,
    onRetrain: async (payload, { id }) => {
      await gate
      calls.push([id, payload])
    },
  })
  expect(await deliver('d-1', { model: 'flight-delay' })).toBe(202)
  expect(await deliver('d-1', { model: 'flight-delay' })).toBe(202)
  expect(calls).toEqual([])
  finish()
  await receiver.close()
  expect(calls).toEqual([['d-1', { model: 'flight-delay' }]])
})

test('a call with no signature, or a forged one, starts nothing', async () => {
  const refused: string[] = []
  receiver = await startRetrainReceiver({
    secret,
    onRetrain: async () => {
      throw new Error('must not run')
    },
    onRefused: (reason) => refused.push(reason),
    onFailure: (error) => {
      throw error
    },
  })
  expect(await deliver('d-1', {}, 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')).toBe(401)
  expect((await fetch(receiver.url, { method: 'POST', body: '{}' })).status).toBe(401)
  expect((await fetch(receiver.url)).status).toBe(405)
  expect(refused).toHaveLength(2)
})

test('a training that fails is told, and the next call still works', async () => {
  const seen: string[] = []
  receiver = await startRetrainReceiver({
    secret,
    onRetrain: async (_, { id }) => {
      if (id === 'd-1') throw new Error('no data')
      seen.push(id)
    },
    onFailure: (error, { id }) => seen.push(`${id} ${(error as Error).message}`),
  })
  await deliver('d-1', {})
  await deliver('d-2', {})
  await receiver.close()
  expect(seen).toEqual(['d-1 no data', 'd-2'])
})
