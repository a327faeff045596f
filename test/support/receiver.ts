import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import type { Message } from '../../alerts/message.ts'

/** One call that came with a good signature. */
export interface VerifiedWebhook {
  /** The webhook-id: the same for every repetition. */
  readonly id: string
  readonly message: Message
}

export interface WebhookReceiver {
  readonly url: string
  /** Every call, repetitions too, in the order they came. */
  readonly received: readonly VerifiedWebhook[]
  /** Calls whose signature is wrong, and why. */
  readonly refused: readonly string[]
  close: () => Promise<void>
}

export interface ReceiverOptions {
  readonly secret: string
  /** Pause before it answers, in which its caller may die. */
  readonly answerAfterMs?: number
}

/** A receiver on loopback that believes nobody without a signature, as receivers should. */
export async function startWebhookReceiver({
  secret,
  answerAfterMs = 0,
}: ReceiverOptions): Promise<WebhookReceiver> {
  const webhook = new Webhook(secret)
  const received: VerifiedWebhook[] = []
  const refused: string[] = []
  const take = async (request: IncomingMessage): Promise<number> => {
    const id = String(request.headers['webhook-id'])
    try {
      const body = await text(request)
      webhook.verify(body, {
        'webhook-id': id,
        'webhook-timestamp': String(request.headers['webhook-timestamp']),
        'webhook-signature': String(request.headers['webhook-signature']),
      })
      received.push({ id, message: JSON.parse(body) as Message })
    } catch (error) {
      refused.push(String(error))
      return 401
    }
    await sleep(answerAfterMs)
    return 202
  }
  const server = createServer((request, response) => {
    void take(request).then((status) => response.writeHead(status).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    refused,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}
