import { expect, test } from 'vitest'
import { identifier, settingsClause } from '../../store/query.ts'

test.each(['plain', 'features.amount', 'with space', "it's", 'é'])(
  'the identifier %s stands in backticks',
  (name) => {
    expect(identifier(name)).toBe(`\`${name}\``)
  },
)

test.each(['a`b', 'a\\b', 'a\0b'])(
  'an identifier that could end its own quotes is a bug',
  (name) => {
    expect(() => identifier(name)).toThrow(RangeError)
  },
)

test('settings are written in order, numbers bare, text quoted', () => {
  expect(settingsClause({ max_threads: 2, log_comment: "it's" })).toBe(
    "SETTINGS max_threads = 2, log_comment = 'it''s'",
  )
})

test.each(['a = 1, b', 'A', '', 'x;y'])('"%s" is no name of a setting', (name) => {
  expect(() => settingsClause({ [name]: 1 })).toThrow(RangeError)
})
