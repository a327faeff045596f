import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { calibrationPage, type CalibrationResults } from '../../bench/calibration-page.ts'
import { detectors } from '../../detectors/catalogue.ts'

const results = JSON.parse(
  readFileSync('bench/results/calibration.json', 'utf8'),
) as CalibrationResults

test('the page of false alarms and power is made from the stored results', async () => {
  const page = readFileSync('docs/reference/calibration.md', 'utf8')
  expect(await calibrationPage(results)).toBe(page)
})

describe.each(results.falseAlarms)('$name', ({ columns }) => {
  test('every detector of the catalogue was asked', () => {
    for (const { rates } of columns)
      expect(Object.keys(rates).sort()).toEqual(detectors.map(({ method }) => method).sort())
  })

  test('nothing alarms more often than stated', () => {
    for (const { label, rates } of columns) {
      for (const [method, alarms] of Object.entries(rates)) {
        for (const [i, rate] of (alarms ?? []).entries()) {
          const alpha = results.alphas[i] ?? 0
          // Of some two thousand cells none is four standard errors off by chance.
          const allowed = alpha + 4 * Math.sqrt((alpha * (1 - alpha)) / results.runs)
          expect(rate, `${method}, ${label}, p ≤ ${alpha}`).toBeLessThanOrEqual(allowed)
        }
      }
    }
  })
})

test('half a deviation is found in a thousand events by every detector of numbers', () => {
  const shifts = results.power.find(({ name }) => name.includes('mean, 1000 '))
  const half = shifts?.columns.find(({ label }) => label === '0.5 σ')
  const rates = Object.values(half?.rates ?? {}).flatMap((alarms) => alarms?.[0] ?? [])
  expect(rates.length).toBeGreaterThan(15)
  for (const rate of rates) expect(rate).toBeGreaterThan(0.95)
})
