import { learntFile } from './limit-rules.ts'
import type { ModelFile, MonitorSpec } from './model-schema.ts'

/**
 * What a false-alarm budget does not cover, for people: the file is valid all the same. `untested`: metrics
 * that have no p-value. Nothing without a budget.
 */
export function budgetNotes(
  { false_alarms: budget, monitors = [] }: ModelFile,
  untested: readonly string[],
): string[] {
  if (budget === undefined) return []
  const isTested = ({ metric }: MonitorSpec): boolean => !untested.includes(metric)
  const within = monitors.filter((monitor) => isTested(monitor) && monitor.alpha === undefined)
  return [
    ...(within.length > 0
      ? []
      : ['false_alarms: no monitor watches a metric with a p-value: the budget has no effect']),
    ...monitors.flatMap((monitor) => noteOf(monitor, isTested(monitor))),
  ]
}

function noteOf({ name, metric, alpha, warn, critical }: MonitorSpec, tested: boolean): string[] {
  if (alpha !== undefined) {
    return tested ? [`monitor "${name}" has an alpha of its own: false_alarms leaves it out`] : []
  }
  const limits = [warn, critical].filter((limit) => limit !== undefined)
  if (tested || limits.every((limit) => learntFile(limit) !== null)) return []
  return [
    `monitor "${name}": ${metric} has no p-value, so false_alarms leaves it out; its fixed limit says how often it fires, "learnt" would follow what is usual`,
  ]
}
