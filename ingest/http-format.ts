import type { MessageFormat } from './intake.ts'

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** What decoders may look at. Nothing else is kept beside a refused message: headers carry credentials. */
const kept = /^(ce-.+|content-type|x-request-id)$/

const cloudEventsType = /^application\/cloudevents(-batch)?\+json\b/i
const linesType = /^application\/(x-ndjson|ndjson|jsonl|jsonlines|x-jsonlines)\b/i

/**
 * How a request is to be read: by the decoding it names, or as a CloudEvent where it is one by its
 * headers; undefined for native records.
 */
export function httpFormat(headers: Headers, decoding?: string): MessageFormat | undefined {
  const contentType = textOf(headers['content-type'])
  const isCloudEvent = headers['ce-specversion'] !== undefined || cloudEventsType.test(contentType)
  if (decoding === undefined && !isCloudEvent) return undefined
  if (decoding === 'native') return undefined
  return {
    decoding: decoding ?? 'cloudevents',
    lines: linesType.test(contentType),
    headers: new Map(
      Object.entries(headers)
        .filter(([name]) => kept.test(name))
        .map(([name, value]) => [name, textOf(value)]),
    ),
  }
}

const textOf = (value: string | string[] | undefined): string =>
  (Array.isArray(value) ? value.at(-1) : value) ?? ''
