import { expect, test } from 'vitest'
import { problemLine } from '../../core/problems.ts'
import { maxFileChars, parseYaml } from '../../core/yaml-file.ts'

function parsed(text: string) {
  const file = parseYaml(text, 'f.yaml')
  if (!file.ok) throw new Error(file.problems.map(problemLine).join('\n'))
  return file
}

function problems(text: string): string[] {
  const file = parseYaml(text, 'f.yaml')
  return file.ok ? [] : file.problems.map(problemLine)
}

test('values and keys know their line and column', () => {
  const file = parsed('a: 1\nb:\n  - x: 2\n    y: three\n')
  expect(file.value).toEqual({ a: 1, b: [{ x: 2, y: 'three' }] })
  expect(file.positionOf(['b', 0, 'y'])).toEqual({ line: 4, column: 8 })
  expect(file.positionOf(['b', 0, 'y'], 'key')).toEqual({ line: 4, column: 5 })
  expect(file.positionOf(['b', 0])).toEqual({ line: 3, column: 5 })
})

test('JSON is YAML, with positions too', () => {
  const file = parsed('{"a": 1,\n "b": {"c": 2}}')
  expect(file.positionOf(['b', 'c'])).toEqual({ line: 2, column: 13 })
})

test('what is not there is placed at its nearest parent', () => {
  const file = parsed('a:\n  b: 1\n')
  expect(file.positionOf(['a', 'nothing', 'below'])).toEqual({ line: 2, column: 3 })
})

test('positions lead through aliases', () => {
  const file = parsed('a: &common\n  b: 1\nc: *common\n')
  expect(file.value).toEqual({ a: { b: 1 }, c: { b: 1 } })
  expect(file.positionOf(['c', 'b'])).toEqual({ line: 2, column: 6 })
})

test('an empty file is null', () => {
  expect(parsed('').value).toBeNull()
  expect(parsed('# nothing\n').value).toBeNull()
})

test('every syntax problem is told at once', () => {
  expect(problems('a: {b: 1\nc: "open\n').length).toBeGreaterThan(1)
})

test('a key that is there twice is a problem, also when one is quoted', () => {
  expect(problems('a: 1\n"a": 2\n')).toEqual(['f.yaml:2:1 the key "a" is there twice'])
  expect(problems('b:\n  - {c: 1, c: 2}\n')).toEqual(['f.yaml:2:12 the key "c" is there twice'])
})

test('keys that are no text are problems', () => {
  expect(problems('? [1, 2]\n: 3\n')).toEqual(['f.yaml:1:3 a key must be text'])
})

test('unknown tags and second documents are problems', () => {
  expect(problems('a: !!js/function 3\n')).toHaveLength(1)
  expect(problems('a: 1\n---\nb: 2\n')).toHaveLength(1)
})

test('an alias bomb is refused', () => {
  const row = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(of).join(', ')}]\n`
  const bomb = row('a', 'x') + row('b', '*a') + row('c', '*b') + row('d', '*c')
  expect(problems(bomb)).toEqual(['f.yaml:1:1 too many aliases'])
})

test.each(['[', '{a: ', '- '])('nesting without end by %o is refused', (step) => {
  const [problem] = problems(step.repeat(50_000))
  expect(problem).toContain('nested too deeply')
})

test('a file over the limit is refused unread', () => {
  expect(problems('x'.repeat(maxFileChars + 1))).toEqual([
    `f.yaml:1:1 the file is over ${maxFileChars} characters`,
  ])
})

test('a mapping of ten thousand keys is no problem', () => {
  const text = Array.from({ length: 10_000 }, (_, i) => `key${i}: ${i}\n`).join('')
  expect(problems(text)).toEqual([])
})

test('__proto__ is a key like any other', () => {
  const { value } = parsed('__proto__: {polluted: true}\n')
  expect(Object.keys(value as object)).toEqual(['__proto__'])
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})
