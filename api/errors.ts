import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { AppError, type ErrorCode } from '../core/errors.ts'

/** A keyword's complaint, as Ajv makes it. */
interface Complaint {
  readonly instancePath: string
  readonly keyword: string
  readonly message?: string
  readonly params: Readonly<Record<string, unknown>>
}

/** The one place where a failure becomes an answer: `{ code, message, details? }`. */
export function answerError(
  error: FastifyError | AppError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const expected = toAppError(error)
  if (expected.status >= 500) {
    request.log.error({ err: error, route: request.routeOptions.url }, 'request failed')
  }
  if (expected.retryable) reply.header('retry-after', retryAfterSeconds(expected))
  if (expected.status === 401) {
    reply.header('www-authenticate', challenges(request))
  }
  const { code, message, details } = expected
  reply
    .code(expected.status)
    .type('application/json; charset=utf-8')
    .send({ code, message, ...(Object.keys(details).length > 0 && { details }) })
}

/** A page that a person opens asks for the key by the browser's own prompt. */
const challenges = (request: FastifyRequest): string[] =>
  request.headers.accept?.includes('text/html') === true
    ? ['Bearer realm="tidegauge"', 'Basic realm="tidegauge", charset="UTF-8"']
    : ['Bearer realm="tidegauge"']

function retryAfterSeconds({ details }: AppError): number {
  const asked = details['retryAfterSeconds']
  return typeof asked === 'number' && asked >= 0 ? Math.ceil(asked) : 1
}

function toAppError(error: FastifyError | AppError): AppError {
  if (error instanceof AppError) return error
  if (error.validation !== undefined) {
    return invalidRequest(error.validationContext ?? 'request', error.validation)
  }
  const known = frameworkCodes[error.code] ?? frameworkStatuses[error.statusCode ?? 500]
  if (known !== undefined) return new AppError(known, error.message, { cause: error })
  return new AppError('INTERNAL_ERROR', 'something went wrong here; the log says what', {
    cause: error,
  })
}

const frameworkCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_HANDLER_TIMEOUT: 'REQUEST_TIMEOUT',
}

const frameworkStatuses: Readonly<Record<number, ErrorCode>> = {
  400: 'REQUEST_INVALID',
  404: 'ROUTE_NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  414: 'REQUEST_INVALID',
  415: 'ENCODING_UNSUPPORTED',
}

const maxProblems = 20

function invalidRequest(part: string, complaints: readonly Complaint[]): AppError {
  const problems = complaints.slice(0, maxProblems).map((complaint) => ({
    in: part,
    path: complaint.instancePath,
    message: problemText(complaint),
  }))
  const [first] = problems
  return new AppError(
    'REQUEST_INVALID',
    `${part}${first?.path ?? ''} ${first?.message ?? 'is invalid'}`,
    { details: { problems } },
  )
}

function problemText({ keyword, message = 'is invalid', params }: Complaint): string {
  switch (keyword) {
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).map(String).join(', ')}`
    case 'additionalProperties':
      return `must not have "${String(params['additionalProperty'])}"`
    case 'format':
      return params['format'] === 'date-time'
        ? 'must be a time such as 2026-11-20T21:00:00Z'
        : message
    default:
      return message
  }
}
