import { readFileSync } from 'node:fs'
import type { Message } from '../../ingest/formats/decoder.ts'
import { encodeInferRequest, encodeInferResponse } from './infer-protobuf.ts'

/** When the messages made here say that they were sent, where they do not say it themselves. */
export const sentAt = Date.UTC(2026, 10, 20, 21)

/** A message as a source would hand it over; a body that is no text is sent as JSON. */
export function wireMessage(
  body: unknown,
  { headers = {}, topic = '' }: { headers?: Record<string, string>; topic?: string } = {},
): Message {
  const value = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return { value, headers: new Map(Object.entries(headers)), topic, timestamp: sentAt }
}

interface StoredMessage {
  readonly topic: string
  readonly headers: Record<string, string>
  readonly body?: unknown
  /** Sent as protobuf. */
  readonly request?: Record<string, unknown>
  readonly response?: Record<string, unknown>
}

/** A fixture of test/fixtures/formats: a message with its headers (.json), or a body alone. */
export function storedMessage(path: string): Message {
  const text = readFileSync(new URL(`../fixtures/formats/${path}`, import.meta.url), 'utf8')
  if (!path.endsWith('.json')) return wireMessage(text)
  const { body, request, response, ...about } = JSON.parse(text) as StoredMessage
  if (request !== undefined) return wireMessage(encodeInferRequest(request), about)
  if (response !== undefined) return wireMessage(encodeInferResponse(response), about)
  return wireMessage(body, about)
}
