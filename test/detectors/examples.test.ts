import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../detectors/', import.meta.url)
const examples = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) =>
    [...readFileSync(new URL(file, root), 'utf8').matchAll(/@example (.+) \/\/ (-?[\d.]+)$/gm)].map(
      ([, call, printed]) => ({ file, call: call!, printed: printed! }),
    ),
  )

test.each(examples)('the header’s example holds: $call', async ({ file, call, printed }) => {
  const module = (await import(new URL(file, root).href)) as Record<string, unknown>
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- runs the text of our own headers
  const run = new Function(...Object.keys(module), `return ${call}`)
  const value = Reflect.apply(run, undefined, Object.values(module)) as number
  expect(value).toBeCloseTo(Number(printed), printed.split('.')[1]?.length ?? 0)
})

test('there are examples to hold', () => {
  expect(examples.length).toBeGreaterThan(8)
})
