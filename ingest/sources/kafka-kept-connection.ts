import { toKafkaError } from './kafka-errors.ts'

/**
 * A connection that is made with the first call. One that failed is replaced: it would ask for a topic
 * that was deleted for ever after. Errors come as KAFKA_UNAVAILABLE or KAFKA_REFUSED.
 */
export function keptConnection<Client extends { readonly disconnect: () => Promise<void> }>(
  connect: () => Promise<Client>,
) {
  let open: Promise<Client> | null = null
  return {
    ask: async <T>(ask: (client: Client) => Promise<T>): Promise<T> => {
      const current = (open ??= connect())
      try {
        return await ask(await current)
      } catch (error) {
        if (open === current) open = null
        void current.then((stale) => stale.disconnect()).catch(() => undefined)
        throw toKafkaError(error)
      }
    },
    close: async (): Promise<void> => {
      const current = await open?.catch(() => null)
      open = null
      await current?.disconnect().catch(() => undefined)
    },
  }
}
