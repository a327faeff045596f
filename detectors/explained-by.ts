import { detectors } from './catalogue.ts'
import { type Explained } from './contribution.ts'

/**
 * Which sum over bins tells what made a drift metric large. PSI, JS and L∞ are
 * told by their own terms, total variation by gaps of shares, whose half sum it
 * is. The rest have no terms of bins, or terms that need not be positive, and
 * are told by those of PSI. Null for what is no drift metric.
 */
export function explainedBy(metric: string): Explained | null {
  if (metric === 'psi' || metric === 'js' || metric === 'linf') return metric
  if (metric === 'tvd') return 'linf'
  return detectors.some((detector) => detector.metric === metric) ? 'psi' : null
}
