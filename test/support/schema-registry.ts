import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the stand-in does with every request from now on. */
export type RegistryMood =
  /** Answers with the schemas it has. */
  | 'well'
  /** Takes the request and never answers. */
  | 'hanging'
  /** Sends the head of an answer and never its end. */
  | 'dripping'
  /** Closes the connection without an answer. */
  | 'resetting'
  | { readonly status: number; readonly body: string }

export interface TestSchema {
  readonly schema: string
  readonly schemaType?: string
  readonly references?: readonly unknown[]
}

export interface TestSchemaRegistry {
  readonly url: string
  mood: RegistryMood
  /** By the path that is asked for: `/schemas/ids/1`. */
  readonly schemas: Map<string, TestSchema>
  /** Every request so far: its path and its headers. */
  readonly asked: { readonly path: string; readonly headers: IncomingHttpHeaders }[]
  close: () => Promise<void>
}

/** A schema registry on loopback that can be ill. */
export async function startSchemaRegistry(): Promise<TestSchemaRegistry> {
  const schemas = new Map<string, TestSchema>()
  const asked: TestSchemaRegistry['asked'] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push({ path, headers: request.headers })
    answer(response, registry.mood, schemas.get(path.split('?')[0] ?? ''))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const registry: TestSchemaRegistry = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mood: 'well',
    schemas,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
  return registry
}

function answer(response: ServerResponse, mood: RegistryMood, schema: TestSchema | undefined) {
  if (mood === 'hanging') return
  if (mood === 'resetting') {
    response.destroy()
    return
  }
  if (mood === 'dripping') {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"schema":')
    return
  }
  if (mood !== 'well') response.writeHead(mood.status).end(mood.body)
  else if (schema !== undefined) response.end(JSON.stringify(schema))
  else response.writeHead(404).end('{"error_code":40403,"message":"Schema not found"}')
}
