import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import { version } from './version.ts'

/** Gauges of the package with the suffix of counters, which checkers of exposition refuse; the same by type stay. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

/** What every process tells of itself: what Node knows of it, and which build it is. */
export function declareProcessMetrics(prometheus: Registry): void {
  collectDefaultMetrics({ register: prometheus })
  for (const name of misnamed) prometheus.removeSingleMetric(name)
  declareBuildInfo(prometheus)
}

export function declareBuildInfo(prometheus: Registry): void {
  new Gauge({
    name: 'tidegauge_build_info',
    help: 'Always 1; the version is in the label. Two versions for long: an upgrade that stopped half-way.',
    labelNames: ['version', 'node'],
    registers: [prometheus],
  }).set({ version, node: process.version }, 1)
}
