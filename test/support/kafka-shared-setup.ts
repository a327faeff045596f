import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { startKafka, type KafkaCluster } from './kafka-broker.ts'
import { kafkaClassPath, missingForKafka } from './kafka-jars.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers where the shared cluster is, after starting it if nobody had asked. */
    readonly sharedKafka: string
  }
}

/**
 * One Kafka node for all test files of a run that only need topics of their own. It lives with
 * vitest's main process, so that it ends with the run, and starts when the first file asks for it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Where every test must run, the jars come first: fetching them takes longer than a test may.
  // If that fails, the tests that need them say so.
  if (process.env['REQUIRE_INTEGRATION'] === '1' && missingForKafka() === null)
    await kafkaClassPath().catch(() => undefined)
  let cluster: Promise<KafkaCluster> | null = null
  const answer = async (res: ServerResponse): Promise<void> => {
    try {
      cluster ??= startKafka()
      const { brokers, direct } = await cluster
      res.end(JSON.stringify({ brokers, direct }))
    } catch (error) {
      res.writeHead(500).end(String(error))
    }
  }
  const server = createServer((_, res) => {
    void answer(res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  project.provide('sharedKafka', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return async () => {
    server.close()
    await cluster?.then(
      ({ stop }) => stop(),
      () => undefined,
    )
  }
}
