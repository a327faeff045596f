import { expect, test } from 'vitest'
import { inTimeSlices, sliceMs } from '../../monitor/time-slices.ts'

/** Steps that each take longer than a slice. */
function* long(steps: number): Generator<undefined, number, undefined> {
  for (let step = 0; step < steps; step++) {
    const until = performance.now() + 1.2 * sliceMs
    while (performance.now() < until);
    yield
  }
  return steps
}

test('what else is due happens between the steps of a long calculation', async () => {
  let others = 0
  let over = false
  const other = (): void => {
    others++
    if (!over) setImmediate(other)
  }
  setImmediate(other)
  expect(await inTimeSlices(long(5))).toBe(5)
  over = true
  expect(others).toBeGreaterThanOrEqual(4)
})

test('a calculation that fails does so for its caller', async () => {
  // eslint-disable-next-line require-yield -- fails before its first pause
  function* failing(): Generator<undefined, number, undefined> {
    throw new RangeError('no')
  }
  await expect(inTimeSlices(failing())).rejects.toThrow('no')
})
