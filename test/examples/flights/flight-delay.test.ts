import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { parseModelFile } from '../../../core/validate-model.ts'
import { modelName } from '../../../examples/flights/replay.ts'

const fileName = 'examples/flights/flight-delay.yaml'

test('the model file of the example is valid and keeps events of 2001', async () => {
  const parsed = parseModelFile(await readFile(fileName, 'utf8'), { fileName })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  expect(parsed.spec.model).toBe(modelName)
  const keptFrom = Date.now() - parsed.spec.retentionMs.events
  expect(keptFrom).toBeLessThan(Date.UTC(2001, 0, 1))
})
