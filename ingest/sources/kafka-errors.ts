import { AppError, type ErrorCode } from '../../core/errors.ts'

/** What brokers and TLS say when trying again does not help. By type, name or code of the client's errors. */
const refusals: ReadonlySet<string> = new Set([
  'KafkaJSSASLAuthenticationError',
  'KafkaJSServerDoesNotSupportApiKey',
  'KafkaJSNotImplemented',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'UNSUPPORTED_VERSION',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'INCONSISTENT_GROUP_PROTOCOL',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
])

/**
 * An error of the client as one of ours: KAFKA_REFUSED where only an operator can help,
 * KAFKA_UNAVAILABLE where trying again does, and `otherwise` for what is neither.
 */
export function toKafkaError(error: unknown, otherwise: ErrorCode = 'KAFKA_UNAVAILABLE'): AppError {
  const chain = causesOf(error)
  const own = chain.find((cause) => cause instanceof AppError)
  if (own !== undefined) return own
  const message = error instanceof Error ? error.message : String(error)
  const refused = chain.some((cause) => namesOf(cause).some((name) => refusals.has(name)))
  return new AppError(refused ? 'KAFKA_REFUSED' : otherwise, message, { cause: error })
}

/** Whether no broker answered who leads a group: the client ends for good of it, but it passes. */
export const lacksCoordinator = (error: unknown): boolean =>
  causesOf(error).some((cause) => namesOf(cause).includes('KafkaJSGroupCoordinatorNotFound')) &&
  toKafkaError(error).code === 'KAFKA_UNAVAILABLE'

function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = []
  for (let at = error; at !== undefined && at !== null && chain.length < 10;) {
    chain.push(at)
    const next: unknown = typeof at === 'object' && 'cause' in at ? at.cause : undefined
    if (chain.includes(next)) break
    at = next
  }
  return chain
}

function namesOf(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return []
  const { name, type, code } = error as { name?: unknown; type?: unknown; code?: unknown }
  return [name, type, code].filter((value) => typeof value === 'string')
}
