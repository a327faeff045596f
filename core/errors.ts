/** Every failure this service expects: its HTTP status and whether trying again can help. */
export const errorCodes = {
  CONFIG_INVALID: { status: 500, retryable: false },
  MODEL_INVALID: { status: 422, retryable: false },
  MODEL_NOT_FOUND: { status: 404, retryable: false },
  BASELINE_INVALID: { status: 422, retryable: false },
  BASELINE_NOT_FOUND: { status: 404, retryable: false },
  EVENT_NOT_FOUND: { status: 404, retryable: false },
  DELIVERY_NOT_FOUND: { status: 404, retryable: false },
  DEAD_LETTER_NOT_FOUND: { status: 404, retryable: false },
  REQUEST_INVALID: { status: 400, retryable: false },
  QUERY_INVALID: { status: 400, retryable: false },
  QUERY_TOO_EXPENSIVE: { status: 422, retryable: false },
  PAYLOAD_TOO_LARGE: { status: 413, retryable: false },
  ENCODING_UNSUPPORTED: { status: 415, retryable: false },
  UNAUTHENTICATED: { status: 401, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  RATE_LIMITED: { status: 429, retryable: true },
  INGEST_OVERLOADED: { status: 429, retryable: true },
  FILE_INVALID: { status: 422, retryable: false },
  STORE_UNAVAILABLE: { status: 503, retryable: true },
  STORE_REJECTED: { status: 500, retryable: false },
  SCHEMA_TOO_NEW: { status: 500, retryable: false },
  WEBHOOK_BLOCKED: { status: 422, retryable: false },
  WEBHOOK_REJECTED: { status: 502, retryable: false },
  WEBHOOK_UNREACHABLE: { status: 502, retryable: true },
  SHUTTING_DOWN: { status: 503, retryable: true },
} as const

export type ErrorCode = keyof typeof errorCodes

/** An error this service expects. Anything else that is thrown is a bug. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  /** Facts for the log line and the API body. Never secrets, never payloads. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }

  get status(): number {
    return errorCodes[this.code].status
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable
  }
}
