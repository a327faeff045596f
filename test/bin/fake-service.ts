import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface SeenRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface FakeAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface FakeService {
  readonly url: string
  readonly requests: readonly SeenRequest[]
  close: () => Promise<void>
}

/** A service that answers as it is told, and remembers what it was asked. It is always alive. */
export async function fakeService(
  answer: (request: SeenRequest, count: number) => FakeAnswer,
): Promise<FakeService> {
  const requests: SeenRequest[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.url === '/health/live') {
        response.end('{}')
        return
      }
      const seen = { path: request.url ?? '', headers: request.headers, body }
      requests.push(seen)
      const { status, headers = {}, body: answered } = answer(seen, requests.length)
      response.writeHead(status, headers).end(JSON.stringify(answered))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
