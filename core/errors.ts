interface ErrorFacts {
  /** HTTP status. */
  readonly status: number
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** What it means and what to do, for docs/errors.md. Markdown. */
  readonly help: string
}

/** Every failure this service expects. */
export const errorCodes = {
  CONFIG_INVALID: {
    status: 500,
    retryable: false,
    help: 'The configuration, or a secret it refers to, is wrong or missing. The message lists every problem with its place; `tidegauge config validate` shows the same.',
  },
  MODEL_INVALID: {
    status: 422,
    retryable: false,
    help: 'The model file breaks its schema or its rules. `details.problems` lists each with line and path.',
  },
  MODEL_NOT_FOUND: {
    status: 404,
    retryable: false,
    help: 'No model of this name is known to this instance or visible to this API key.',
  },
  BASELINE_INVALID: {
    status: 422,
    retryable: false,
    help: 'The baseline cannot be made as described: see the message and docs/reference/model-file.md.',
  },
  BASELINE_NOT_FOUND: {
    status: 404,
    retryable: false,
    help: 'The model has no baseline of this name.',
  },
  EVENT_NOT_FOUND: {
    status: 404,
    retryable: false,
    help: 'The model has no event with this id, or it is past its retention.',
  },
  CONTRIBUTIONS_NOT_FOUND: {
    status: 404,
    retryable: false,
    help: 'Nothing is stored that could be taken apart: no such window was evaluated, it holds nothing of this feature, slice, version or variant, or its baseline does not. The message says which.',
  },
  DELIVERY_NOT_FOUND: {
    status: 404,
    retryable: false,
    help: 'No webhook delivery has this id.',
  },
  DEAD_LETTER_NOT_FOUND: {
    status: 404,
    retryable: false,
    help: 'No dead letter matches: it may be past its retention.',
  },
  REQUEST_INVALID: {
    status: 400,
    retryable: false,
    help: "The request breaks the API's schema. The message names the place and what is allowed.",
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    retryable: false,
    help: 'There is nothing at this method and path. /docs lists the routes.',
  },
  QUERY_INVALID: {
    status: 400,
    retryable: false,
    help: 'The sliced query names an unknown column or compares what cannot be compared. `details.problems` lists each.',
  },
  QUERY_TOO_EXPENSIVE: {
    status: 422,
    retryable: false,
    help: 'The query hit its limit of time, memory or rows. Narrow its time range or its grouping.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    retryable: false,
    help: 'The body is over `server.body_limit_bytes`, or over `server.inflate_limit_bytes` once unpacked. Send smaller batches.',
  },
  ENCODING_UNSUPPORTED: {
    status: 415,
    retryable: false,
    help: "The body's Content-Type or Content-Encoding is none that this route reads. Encodings: identity, gzip.",
  },
  UNAUTHENTICATED: {
    status: 401,
    retryable: false,
    help: 'The request has no valid API key in `Authorization: Bearer`.',
  },
  FORBIDDEN: {
    status: 403,
    retryable: false,
    help: 'The API key lacks the scope, or is bound to other models.',
  },
  RATE_LIMITED: {
    status: 429,
    retryable: true,
    help: 'More requests a minute than `server.rate_limit_per_minute`. Wait for Retry-After.',
  },
  INGEST_OVERLOADED: {
    status: 429,
    retryable: true,
    help: 'More events wait for their insert than `ingest.queue_bytes` holds. Nothing of this request was accepted: wait for Retry-After and send it again.',
  },
  FILE_INVALID: {
    status: 422,
    retryable: false,
    help: 'The file cannot be read, lies outside `files.directories`, or is not in the format it should be.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    retryable: true,
    help: 'ClickHouse did not answer, or is short of memory, disk or time. Trying again is safe.',
  },
  STORE_REJECTED: {
    status: 500,
    retryable: false,
    help: 'ClickHouse refused a statement. This is a bug or a table changed by hand; the log has its code.',
  },
  SCHEMA_TOO_NEW: {
    status: 500,
    retryable: false,
    help: 'The tables were made by a newer Tidegauge. Run that version or newer.',
  },
  KAFKA_UNAVAILABLE: {
    status: 503,
    retryable: true,
    help: 'No broker answered, or the group is being shared out anew. It is tried again by itself.',
  },
  KAFKA_REFUSED: {
    status: 500,
    retryable: false,
    help: 'The brokers refuse this client: wrong credentials, certificates or permissions, or a version they do not speak. The message says which. The process ends; mend `kafka.clusters` or the ACLs and start it again.',
  },
  KAFKA_CLIENT_FAILED: {
    status: 500,
    retryable: false,
    help: 'The Kafka client has ended by itself, or shows no sign of life for longer than a rebalance may take. The process ends so that its supervisor starts it again; nothing is lost.',
  },
  KAFKA_BATCH_UNREADABLE: {
    status: 500,
    retryable: false,
    help: 'A batch in a topic cannot be unpacked: damaged, or beyond `batch_limit_bytes`. Its partition is stopped; [docs/how-to/kafka.md](how-to/kafka.md) has the way on.',
  },
  PARTITION_HALTED: {
    status: 500,
    retryable: false,
    help: 'So much of a partition was refused that it was halted: `ingest.reject_limits`. Nothing of it is lost or read until its cause is mended or it is released; [docs/how-to/dead-letters.md](how-to/dead-letters.md) has the ways on.',
  },
  PARTITION_NOT_HALTED: {
    status: 409,
    retryable: false,
    help: 'The partition to release is not halted: it never was, or goes on already. `GET /v1/partitions` lists those that are.',
  },
  WEBHOOK_BLOCKED: {
    status: 422,
    retryable: false,
    help: "The webhook's address is private or otherwise not allowed. Allow it in `alerts.egress.allow`.",
  },
  WEBHOOK_REJECTED: {
    status: 502,
    retryable: false,
    help: 'The receiver answered with a status that another attempt does not change.',
  },
  WEBHOOK_UNREACHABLE: {
    status: 502,
    retryable: true,
    help: 'The receiver did not answer, or with a status worth another attempt.',
  },
  SERVICE_UNREACHABLE: {
    status: 502,
    retryable: true,
    help: 'A command was told by `--url` to ask a running service, and none answers there.',
  },
  SERVICE_REFUSED: {
    status: 502,
    retryable: false,
    help: 'A running service that a command asked answered with an error; the message repeats it.',
  },
  SCHEMA_REGISTRY_UNAVAILABLE: {
    status: 503,
    retryable: true,
    help: 'A schema registry of `registries` did not answer, or answered with something else than a schema. Its messages wait and are read when it is back. Check its URL, its credentials and the way to it.',
  },
  SHUTTING_DOWN: {
    status: 503,
    retryable: true,
    help: 'This instance is stopping. Send the request again, to another instance if there is one.',
  },
  REQUEST_TIMEOUT: {
    status: 503,
    retryable: true,
    help: 'The request was not answered within its deadline.',
  },
  INTERNAL_ERROR: {
    status: 500,
    retryable: false,
    help: "A bug. The log has it under the request's id.",
  },
} as const satisfies Record<string, ErrorFacts>

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
