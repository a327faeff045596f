import { expect, test } from 'vitest'
import { softwareMetrics } from '../../../detectors/quality/software-metrics.ts'
import { numericProfile } from '../sampling.ts'

const binning = {
  kind: 'numeric' as const,
  edges: [10, 20, 30],
  coarse: [0, 1, 2, 3],
  low: 0,
  high: 40,
}

test('a window of traffic gives rates, latency, payload and delay', () => {
  const latency = { profile: numericProfile([5, 15, 25, 35], binning), binning }
  const found = softwareMetrics({
    n: 4,
    errors: 1,
    windowSeconds: 300,
    latency,
    payloadBytes: 1600,
    ingestDelay: { sumSeconds: 6, maxSeconds: 3 },
  })
  expect(Object.fromEntries(found.map(({ metric, value }) => [metric, value]))).toMatchObject({
    throughput: 4 / 300,
    error_rate: 0.25,
    latency_ms_mean: 20,
    latency_ms_q50: 20,
    payload_bytes_mean: 400,
    ingest_delay_mean_seconds: 1.5,
    ingest_delay_max_seconds: 3,
  })
})

test('an empty window has a throughput of zero and no rates', () => {
  const found = softwareMetrics({
    n: 0,
    errors: 0,
    windowSeconds: 300,
    payloadBytes: 0,
    ingestDelay: { sumSeconds: 0, maxSeconds: 0 },
  })
  expect(found).toEqual([{ metric: 'throughput', method: 'events-per-second', value: 0 }])
})
