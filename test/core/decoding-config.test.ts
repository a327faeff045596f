import { expect, expectTypeOf, test } from 'vitest'
import { configFileProblems, loadConfig, type Config } from '../../core/config.ts'
import { problemLine } from '../../core/problems.ts'

const problemsOf = (text: string): string[] => configFileProblems('t', text).map(problemLine)

const given = (name: string, value: object): Config =>
  loadConfig({ env: { [`TIDEGAUGE__${name}`]: JSON.stringify(value) } })

test('a decoding is its format, and everything else has a default', () => {
  const { decodings } = given('DECODINGS', { logger: { format: 'kserve' } })
  expect(decodings).toEqual({
    logger: { format: 'kserve', features: [], outputs: { classes: [] }, halves: 'both' },
  })
})

test('names that somebody chose stay as they are, names of options become camel case', () => {
  const features = { snake_case_name: '/a_b', 'user_*': '/user' }
  const { decodings } = given('DECODINGS', {
    my_logs: {
      format: 'mapping',
      time_zone: '+02:00',
      mapping: { model: { value: 'm' }, features, latency_ms: '/took', tags: { some_tag: '/t' } },
    },
  })
  expect(decodings['my_logs']).toMatchObject({
    timeZone: '+02:00',
    mapping: { features, latencyMs: '/took', tags: { some_tag: '/t' } },
  })
})

test('the types say what is optional', () => {
  type Decoding = Config['decodings'][string]
  expectTypeOf<Decoding['timeZone']>().toEqualTypeOf<string | undefined>()
  expectTypeOf<Decoding['outputs']['classes']>().toEqualTypeOf<readonly string[]>()
  expectTypeOf<Config['registries'][string]['timeoutMs']>().toEqualTypeOf<number>()
})

test('a registry keeps its secrets to itself', () => {
  const { registries } = given('REGISTRIES', {
    main: { url: 'https://registry:8081', username: 'reader', password: 'geheim' },
  })
  expect(registries['main']?.password?.reveal()).toBe('geheim')
  expect(registries['main']?.timeoutMs).toBe(5000)
  expect(JSON.stringify(registries)).not.toContain('geheim')
})

const mapped = (mapping: string) =>
  `decodings:\n  a:\n    format: mapping\n    model: m\n    mapping: ${mapping}\n`

test.each([
  {
    name: 'a decoding names a registry that there is',
    text: 'registries: { main: { url: http://r } }\ndecodings:\n  a: { format: confluent, registry: mian }\n',
    problems: [
      't:3:37 decodings.a.registry: found "mian", no entry of registries; did you mean "main"?',
    ],
  },
  {
    name: 'without registries none can be named',
    text: 'decodings: { a: { format: confluent, registry: main } }',
    problems: ['t:1:48 decodings.a.registry: found "main", no entry of registries; there is none'],
  },
  {
    name: 'the registry that is wrong itself is not said to be missing',
    text: 'registries: { main: { url: r } }\ndecodings: { a: { format: confluent, registry: main } }',
    problems: [
      't:1:28 registries.main.url: found "r"; allowed: a URL such as https://registry:8081, without user name and password',
    ],
  },
  {
    name: 'the format confluent needs a registry, and only that',
    text: 'registries: { r: { url: http://r } }\ndecodings:\n  a: { format: confluent }\n  b: { format: kserve, registry: r }\n',
    problems: [
      't:3:6 decodings.a: format confluent needs registry: the name of an entry of registries',
      't:4:34 decodings.b.registry: format kserve has no use for a registry',
    ],
  },
  {
    name: 'an unknown format is told at once',
    text: 'decodings: { a: { format: kserv } }',
    problems: [
      't:1:27 decodings.a.format: found "kserv"; allowed: auto, native, cloudevents, kserve, azure-ml, seldon-v1, seldon-v2, sagemaker, mlflow, bentoml, confluent or mapping',
    ],
  },
  {
    name: 'a source names a decoding or a format',
    text: 'kafka:\n  clusters: { c: { brokers: ["b:9092"] } }\n  sources:\n    - { cluster: c, topic: t, decoding: mine }\n    - { cluster: c, topic: u, decoding: kserv }\n    - { cluster: c, topic: v, decoding: kserve }\ndecodings: { mine: { format: native } }\n',
    problems: [
      't:5:41 kafka.sources[1].decoding: found "kserv", no wire format and nothing under decodings; did you mean "kserve"?',
    ],
  },
  {
    name: 'zones are offsets or names',
    text: 'decodings: { a: { format: bentoml, time_zone: Europe/Berlin }, b: { format: bentoml, time_zone: Mars } }',
    problems: [
      't:1:97 decodings.b.time_zone: found "Mars"; allowed: an offset such as +02:00, or a name such as Europe/Berlin',
    ],
  },
  {
    name: 'credentials are complete and of one kind',
    text: 'registries:\n  a: { url: http://r, username: u }\n  b: { url: http://r, username: u, password: p, token: t }\n',
    problems: [
      't:2:6 registries.a: username and password belong together: give both',
      't:3:56 registries.b.token: give either token, or username and password',
    ],
  },
  {
    name: 'the format mapping needs a mapping',
    text: 'decodings: { a: { format: mapping } }',
    problems: [
      't:1:17 decodings.a: format mapping needs mapping: where in a message everything stands',
    ],
  },
  {
    name: 'a mapping is of no use to a format that knows its payload',
    text: 'decodings: { a: { format: kserve, model: m, mapping: { score: /s } } }',
    problems: [
      't:1:54 decodings.a.mapping: format kserve knows where everything stands: a mapping is for the formats mapping and confluent',
    ],
  },
  {
    name: 'a mapping says which model',
    text: 'decodings: { a: { format: mapping, mapping: { score: /s } } }',
    problems: [
      't:1:45 decodings.a.mapping: nothing says which model: give model, a pointer or { value: … }',
    ],
  },
  {
    name: 'a mapping maps something',
    text: mapped('{ id: /id, classes: /c }'),
    problems: [
      't:5:14 decodings.a.mapping: nothing is mapped: give features, prediction, score or label',
      't:5:34 decodings.a.mapping.classes: classes name the entries of a score: give score',
    ],
  },
  {
    name: 'pointers are pointers',
    text: mapped('{ score: s/~2, features: { a: "a b" } }'),
    problems: [
      't:5:23 decodings.a.mapping.score: found "s/~2"; allowed: a JSON Pointer such as /payload/amount, or one that starts at a row, item/amount',
      't:5:44 decodings.a.mapping.features.a: found "a b"; allowed: a JSON Pointer such as /payload/amount, or one that starts at a row, item/amount',
    ],
  },
  {
    name: 'a pointer starts at the top or at a row that there is',
    text: mapped(
      '{ rows: { row: /rows }, score: row/s, prediction: rwo/p, when: { pointer: row/x, equals: 1 } }',
    ),
    problems: [
      't:5:64 decodings.a.mapping.prediction: found "rwo/p"; allowed: a pointer that starts with / at the top of the message, or with the name of a row (rows are row)',
      't:5:88 decodings.a.mapping.when.pointer: found "row/x"; allowed: a pointer that starts with / at the top of the message',
    ],
  },
  {
    name: 'a star ends a name',
    text: mapped('{ features: { "*": /a, "b.*": /b, "c*d": /c } }'),
    problems: [
      't:5:48 decodings.a.mapping.features["c*d"]: found the name "c*d"; allowed: a name, `*` for all members of an object, or a prefix and `*`',
    ],
  },
])('$name', ({ text, problems }) => {
  expect(problemsOf(text)).toEqual(problems)
})
