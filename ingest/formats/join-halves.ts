import { rejected, type Decoded, type Half } from './decoder.ts'

type Request = Extract<Half, { side: 'request' }>
type Response = Extract<Half, { side: 'response' }>

/** The events of a whole inference: a row of the request with the row of the response at its place. */
export function joinHalves(request: Request, response: Response): Decoded {
  const failed = response.error !== null
  if (!failed && request.rows.length !== response.rows.length) {
    return rejected(
      'invalid_row',
      `the request has ${request.rows.length} rows, its response ${response.rows.length}`,
    )
  }
  const model = request.model || response.model
  const variant = request.variant || response.variant
  const many = request.rows.length > 1
  const records = request.rows.map((features, row) => ({
    value: {
      model,
      version: response.version || request.version,
      ...(variant === '' ? {} : { variant }),
      // Without an id of the system's, the record takes that of its place in the source.
      ...(request.id === '' ? {} : { id: many ? `${request.id}#${row}` : request.id }),
      ts: request.ts,
      features,
      ...(failed ? {} : response.rows[row]),
      latency_ms: response.latencyMs,
      error: response.error,
      tags: { ...request.tags, ...response.tags },
    },
  }))
  return { kind: 'records', records }
}
