import type { ConfigValues } from './config-schema.ts'
import { plainFormats } from './decoding-schema.ts'
import { listed, nearest, type Path } from './problems.ts'
import { foundText, type Finding } from './schema-problems.ts'

type Decoding = ConfigValues['decodings'][string]
type Mapping = NonNullable<Decoding['mapping']>
type Registry = ConfigValues['registries'][string]

function wrong(path: Path, message: string): Finding {
  return { path, part: 'value', message }
}

/**
 * What the schema cannot say about `decodings` and who names them. `doubtful` are sections of which
 * a part is wrong: what is missing there may be what was left out as wrong.
 */
export function decodingFindings(
  { decodings, registries, kafka }: ConfigValues,
  doubtful: ReadonlySet<string>,
): Finding[] {
  const known = doubtful.has('registries') ? null : Object.keys(registries)
  return [
    ...Object.entries(decodings).flatMap(([name, decoding]) =>
      entryFindings(decoding, known, ['decodings', name]),
    ),
    ...(doubtful.has('decodings')
      ? []
      : kafka.sources.flatMap(({ decoding }, index) =>
          nameFindings(decoding, [...plainFormats, ...Object.keys(decodings)], {
            path: ['kafka', 'sources', index, 'decoding'],
            what: 'no wire format and nothing under decodings',
          }),
        )),
  ]
}

/** What the schema cannot say about `registries`. */
export function registryFindings(registries: ConfigValues['registries']): Finding[] {
  return Object.entries(registries).flatMap(([name, registry]) =>
    credentialFindings(registry, ['registries', name]),
  )
}

function credentialFindings({ url, username, password, token }: Registry, path: Path): Finding[] {
  const findings: Finding[] = []
  if (!URL.canParse(url)) {
    findings.push(wrong([...path, 'url'], `found ${foundText(url)}; allowed: a URL`))
  }
  if ((username === undefined) !== (password === undefined)) {
    findings.push(wrong(path, 'username and password belong together: give both'))
  }
  if (token !== undefined && username !== undefined) {
    findings.push(wrong([...path, 'token'], 'give either token, or username and password'))
  }
  return findings
}

function entryFindings(decoding: Decoding, registries: string[] | null, path: Path): Finding[] {
  const { format, registry, mapping, time_zone: zone } = decoding
  const findings: Finding[] = []
  if (format === 'confluent' && registry === undefined) {
    findings.push(
      wrong(path, 'format confluent needs registry: the name of an entry of registries'),
    )
  }
  if (format !== 'confluent' && registry !== undefined) {
    findings.push(wrong([...path, 'registry'], `format ${format} has no use for a registry`))
  }
  if (registry !== undefined && registries !== null) {
    const at = { path: [...path, 'registry'], what: 'no entry of registries' }
    findings.push(...nameFindings(registry, registries, at))
  }
  if (zone !== undefined && !isTimeZone(zone)) {
    findings.push(
      wrong(
        [...path, 'time_zone'],
        `found ${foundText(zone)}; allowed: an offset such as +02:00, or a name such as Europe/Berlin`,
      ),
    )
  }
  return [...findings, ...mappingUseFindings(decoding, path), ...inside(mapping, decoding, path)]
}

function nameFindings(
  name: string,
  known: readonly string[],
  { path, what }: { path: Path; what: string },
): Finding[] {
  if (known.includes(name)) return []
  const meant = nearest(name, known)
  const hint =
    meant === undefined ? `there is ${listed(known, 'and') || 'none'}` : `did you mean "${meant}"?`
  return [wrong(path, `found ${foundText(name)}, ${what}; ${hint}`)]
}

function isTimeZone(zone: string): boolean {
  if (/^[+-]\d{2}(:?\d{2})?$/.test(zone)) return true
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function mappingUseFindings({ format, mapping }: Decoding, path: Path): Finding[] {
  if (format === 'mapping' && mapping === undefined) {
    return [wrong(path, 'format mapping needs mapping: where in a message everything stands')]
  }
  return mapping === undefined || format === 'mapping' || format === 'confluent'
    ? []
    : [
        wrong(
          [...path, 'mapping'],
          `format ${format} knows where everything stands: a mapping is for the formats mapping and confluent`,
        ),
      ]
}

function inside(mapping: Mapping | undefined, { model }: Decoding, path: Path): Finding[] {
  if (mapping === undefined) return []
  const at = [...path, 'mapping']
  const { label, features, prediction, score, classes } = mapping
  const findings: Finding[] = []
  if (model === undefined && mapping.model === undefined) {
    findings.push(wrong(at, 'nothing says which model: give model, a pointer or { value: … }'))
  }
  if ([label, features, prediction, score].every((part) => part === undefined)) {
    findings.push(wrong(at, 'nothing is mapped: give features, prediction, score or label'))
  }
  if (classes !== undefined && score === undefined) {
    findings.push(wrong([...at, 'classes'], 'classes name the entries of a score: give score'))
  }
  return [...findings, ...pointerFindings(mapping, at)]
}

/** Pointers that start at a row start at one that there is; those read before there are rows start at the top. */
function pointerFindings(mapping: Mapping, path: Path): Finding[] {
  const { rows = {} } = mapping
  const names = Object.keys(rows)
  const known = names.length === 0 ? 'there are no rows' : `rows are ${listed(names, 'and')}`
  return pointersOf(mapping, path).flatMap((pointer) => {
    const [start = ''] = pointer.text.split('/')
    if (start === '' || (!pointer.early && Object.hasOwn(rows, start))) return []
    const allowed = pointer.early ? '' : `, or with the name of a row (${known})`
    return [
      wrong(
        pointer.path,
        `found ${foundText(pointer.text)}; allowed: a pointer that starts with / at the top of the message${allowed}`,
      ),
    ]
  })
}

interface Pointer {
  readonly text: string
  readonly path: Path
  /** Read before there are rows. */
  readonly early: boolean
}

const holders: ReadonlySet<string> = new Set(['parse', 'rows', 'features', 'tags', 'label'])

function pointersOf(mapping: Mapping, path: Path): Pointer[] {
  return Object.entries(mapping).flatMap(([key, part]) => {
    const early = key === 'rows' || key === 'when'
    const leaves: [Path, unknown][] = holders.has(key)
      ? Object.entries(part).map(([inner, leaf]) => [
          [...path, key, Array.isArray(part) ? Number(inner) : inner],
          leaf,
        ])
      : [[[...path, key], part]]
    return leaves.flatMap(([at, leaf]) => {
      if (typeof leaf === 'string') return [{ text: leaf, path: at, early }]
      const { pointer } = leaf as { pointer?: string }
      return pointer === undefined ? [] : [{ text: pointer, path: [...at, 'pointer'], early }]
    })
  })
}
