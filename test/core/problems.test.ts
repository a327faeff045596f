import { expect, test } from 'vitest'
import { listed, nearest, pathText, problemLine } from '../../core/problems.ts'

test('a problem in a file is told as file:line:column, for editors to jump to', () => {
  const problem = { file: 'a.yaml', line: 3, column: 7, path: 'server.port', message: 'wrong' }
  expect(problemLine(problem)).toBe('a.yaml:3:7 server.port: wrong')
})

test('a problem without lines is told by its source alone', () => {
  const problem = { file: 'variable X', line: null, column: null, path: '', message: 'unknown' }
  expect(problemLine(problem)).toBe('variable X unknown')
})

test('paths quote what is no plain word', () => {
  expect(pathText(['features', 'a b', 'min'])).toBe('features["a b"].min')
  expect(pathText(['monitors', 2, 'slices', 0])).toBe('monitors[2].slices[0]')
})

test.each([
  ['prot', 'port'],
  ['PORT', 'port'],
  ['trustproxy', 'trust_proxy'],
  ['horse_power', undefined],
  ['x'.repeat(10_000), undefined],
])('%s was meant to be %s', (name, meant) => {
  expect(nearest(name, ['host', 'port', 'trust_proxy'])).toBe(meant)
})

test('lists read as a sentence does', () => {
  expect(listed([])).toBe('')
  expect(listed(['a'])).toBe('a')
  expect(listed(['a', 'b', 'c'])).toBe('a, b or c')
})
