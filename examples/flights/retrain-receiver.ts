import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'

export interface RetrainReceiverOptions {
  /** The secret it shares with the action in flight-delay.yaml: base64, `whsec_` before it or not. */
  readonly secret: string
  /** Default 0: any free port of 127.0.0.1. */
  readonly port?: number
  /** Does the work, one call after another. A repeated delivery is not a second call. */
  readonly onRetrain: (payload: unknown, delivery: Delivery) => Promise<void>
  readonly onRefused?: (reason: string) => void
  readonly onFailure?: (error: unknown, delivery: Delivery) => void
}

export interface Delivery {
  /** The webhook-id: the same on each attempt. */
  readonly id: string
  readonly receivedAt: Date
}

export interface RetrainReceiver {
  readonly url: string
  /** Waits for the work in hand. */
  close: () => Promise<void>
}

const bodyLimit = 1_000_000

/**
 * What a retraining system does with a webhook, as small as it can be: verify, answer at once,
 * work afterwards. The sender waits seconds and a training takes minutes, so 202 says «I have it».
 */
export async function startRetrainReceiver(
  options: RetrainReceiverOptions,
): Promise<RetrainReceiver> {
  const webhook = new Webhook(options.secret)
  const seen = new Set<string>()
  let work = Promise.resolve()

  const accept = (body: string, request: IncomingMessage): number => {
    const headers = webhookHeaders(request)
    try {
      webhook.verify(body, headers)
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error
      options.onRefused?.(error.message)
      return 401
    }
    const delivery = { id: headers['webhook-id'], receivedAt: new Date() }
    if (seen.has(delivery.id)) return 202
    seen.add(delivery.id)
    const payload: unknown = JSON.parse(body)
    work = work
      .then(() => options.onRetrain(payload, delivery))
      .catch((error: unknown) => options.onFailure?.(error, delivery))
    return 202
  }

  const server = createServer((request, response) => {
    receive(request, response, accept)
  })
  await new Promise<void>((listening) => server.listen(options.port ?? 0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/retrain`,
    close: async () => {
      await new Promise((closed) => {
        server.close(closed)
        server.closeAllConnections()
      })
      await work
    },
  }
}

function receive(
  request: IncomingMessage,
  response: ServerResponse,
  accept: (body: string, request: IncomingMessage) => number,
): void {
  const answer = (status: number): void => {
    if (!response.headersSent) response.writeHead(status).end()
  }
  if (request.method !== 'POST') {
    answer(405)
    return
  }
  const pieces: Buffer[] = []
  let size = 0
  request.on('data', (piece: Buffer) => {
    size += piece.length
    if (size > bodyLimit) answer(413)
    else pieces.push(piece)
  })
  request.on('end', () => {
    // The signature is over the bytes as they came, so nothing parses them before it is checked.
    if (size <= bodyLimit) answer(accept(Buffer.concat(pieces).toString('utf8'), request))
  })
}

const webhookHeaders = (request: IncomingMessage): Record<SignatureHeader, string> => ({
  'webhook-id': String(request.headers['webhook-id'] ?? ''),
  'webhook-timestamp': String(request.headers['webhook-timestamp'] ?? ''),
  'webhook-signature': String(request.headers['webhook-signature'] ?? ''),
})

type SignatureHeader = 'webhook-id' | 'webhook-timestamp' | 'webhook-signature'
