import { createHmac, randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { secretsOf, signatureHeaders } from '../../alerts/signature.ts'

const content = () => ({
  id: 'msg_1',
  at: new Date(),
  body: '{"type":"tidegauge.alert.firing","ü":1}',
})
const secret = (): string => `whsec_${randomBytes(32).toString('base64')}`

test('a receiver that knows the secret verifies, one that knows another does not', () => {
  const [ours, other] = [secret(), secret()]
  const message = content()
  const headers = signatureHeaders(message, [ours])
  expect(new Webhook(ours).verify(message.body, headers)).toMatchObject({ ü: 1 })
  expect(() => new Webhook(other).verify(message.body, headers)).toThrow('No matching signature')
  expect(() => new Webhook(ours).verify(`${message.body} `, headers)).toThrow()
})

test('while secrets rotate the old and the new one verify', () => {
  const [fresh, old] = [secret(), secret()]
  const message = content()
  const headers = signatureHeaders(message, [fresh, old])
  expect(headers['webhook-signature']?.split(' ')).toHaveLength(2)
  for (const known of [fresh, old]) new Webhook(known).verify(message.body, headers)
})

test('a raw secret signs with its bytes', () => {
  const message = content()
  const headers = signatureHeaders(message, ['pässword'])
  const signed = `msg_1.${headers['webhook-timestamp'] ?? ''}.${message.body}`
  const mac = createHmac('sha256', Buffer.from('pässword')).update(signed).digest('base64')
  expect(headers['webhook-signature']).toBe(`v1,${mac}`)
})

test('without a secret there is an id and a time and no signature', () => {
  expect(Object.keys(signatureHeaders(content(), []))).toEqual(['webhook-id', 'webhook-timestamp'])
})

test.each(['whsec_', 'whsec_not base64!'])('a broken secret is refused unshown', (bad) => {
  const refused = (): string => {
    try {
      return signatureHeaders(content(), [bad])['webhook-signature'] ?? ''
    } catch (error) {
      return String(error)
    }
  }
  expect(refused()).toBe('AppError: a webhook secret is no base64 after whsec_, or empty')
})

test('secrets stand side by side, by spaces or lines', () => {
  expect(secretsOf(' whsec_a\n whsec_b ')).toEqual(['whsec_a', 'whsec_b'])
})
