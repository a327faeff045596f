import { type SampleMoments } from '../drift/t.ts'

/**
 * Size, mean and population standard deviation of a list, in two passes so that
 * values far from zero keep their deviation. O(n).
 *
 * @example sampleMoments([1, 2, 3, 4]).deviation // 1.1180
 */
export function sampleMoments(values: readonly number[]): SampleMoments {
  if (values.length === 0) throw new RangeError('sampleMoments requires a value')
  // Around the first value, so that a constant sample has no deviation at all.
  const origin = values[0]!
  let sum = 0
  for (const value of values) sum += value - origin
  const mean = origin + sum / values.length
  let squares = 0
  for (const value of values) squares += (value - mean) ** 2
  return { values: values.length, mean, deviation: Math.sqrt(squares / values.length) }
}
