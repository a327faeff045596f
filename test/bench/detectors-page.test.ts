import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type DetectorResults, detectorsPage } from '../../bench/detectors-page.ts'
import { sequentialDetectors } from '../../detectors/sequential/catalogue.ts'

const results = JSON.parse(
  readFileSync('bench/results/detectors.json', 'utf8'),
) as DetectorResults & { machine: unknown }

test('the page of the sequential detectors is made from the catalogue and the stored results', async () => {
  const page = readFileSync('docs/reference/sequential-detectors.md', 'utf8')
  expect(await detectorsPage(results)).toBe(page)
})

test('every detector was measured on every series that it can read', () => {
  for (const { rows } of results.scenarios) {
    const measured = new Set(rows.map(({ method }) => method))
    const missing = sequentialDetectors.filter(({ method }) => !measured.has(method))
    expect(missing.every(({ input }) => input !== 'number')).toBe(true)
    expect(rows.length).toBeGreaterThanOrEqual(7)
  }
})

test('the stored figures are of whole trials', () => {
  for (const { rows } of results.scenarios) {
    for (const { evaluation } of rows) {
      expect(evaluation.length).toBe(results.seeds * results.seriesLength)
      expect([0, results.seeds]).toContain(evaluation.drifts)
    }
  }
})
