import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document, Node, ParsedNode, YAMLError } from 'yaml'
import { maxProblems, type Path, type Problem } from './problems.ts'

export interface Position {
  /** From 1. */
  readonly line: number
  readonly column: number
}

/** A parsed file that still knows where everything stands. */
export interface YamlFile {
  readonly ok: true
  /** Plain objects, arrays and scalars. */
  readonly value: unknown
  /** Where the key (or list entry) or the value at `path` stands; the nearest parent if there is none. */
  positionOf: (path: Path, part?: 'key' | 'value') => Position
}

export interface YamlFailure {
  readonly ok: false
  readonly problems: readonly Problem[]
}

/** Greatest length of a file, characters: more than any file written by hand, and parsed in a second at worst. */
export const maxFileChars = 262_144

// How many nodes aliases may stand for in all: enough for anchors used by hand, too few for a bomb.
const maxAliasCount = 100

/**
 * Parses YAML 1.2, and so JSON. All syntax problems at once; duplicate keys, keys that are no plain
 * text, unknown tags and several documents in a file are problems too. Never throws on bad input.
 */
export function parseYaml(text: string, fileName: string): YamlFile | YamlFailure {
  const lines = new LineCounter()
  const failure = (offset: number, message: string): YamlFailure => ({
    ok: false,
    problems: [problemAt(fileName, position(lines, offset), message)],
  })
  if (text.length > maxFileChars) return failure(0, `the file is over ${maxFileChars} characters`)
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      // The parser compares every key with every other; keyProblems() asks a set.
      uniqueKeys: false,
    })
    const problems = [...document.errors, ...document.warnings].map((error) =>
      problemAt(fileName, position(lines, error.pos[0]), syntaxText(error)),
    )
    problems.push(...keyProblems(document.contents, fileName, lines))
    if (problems.length > 0) return { ok: false, problems: problems.slice(0, maxProblems) }
    return {
      ok: true,
      value: document.toJS({ maxAliasCount }) as unknown,
      positionOf: (path, part = 'value') => find(document, lines, path, part),
    }
  } catch (error) {
    // Thrown by the parser for hostile nesting and for alias bombs: bad input, not a bug.
    if (error instanceof RangeError) return failure(0, 'nested too deeply')
    if (error instanceof ReferenceError) return failure(0, 'too many aliases')
    throw error
  }
}

function syntaxText({ code, message }: YAMLError): string {
  return code === 'RESOURCE_EXHAUSTION' ? 'nested too deeply' : message
}

function problemAt(file: string, at: Position, message: string): Problem {
  return { file, line: at.line, column: at.column, path: '', message }
}

function position(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

/** Keys that are no plain text, or that stand in their mapping before. */
function keyProblems(node: unknown, fileName: string, lines: LineCounter): Problem[] {
  if (isSeq(node)) return node.items.flatMap((item) => keyProblems(item, fileName, lines))
  if (!isMap<ParsedNode, ParsedNode | null>(node)) return []
  const seen = new Set<string>()
  return node.items.flatMap(({ key, value }) => {
    const below = keyProblems(value, fileName, lines)
    const name = keyName(key)
    const repeated = name !== null && seen.has(name)
    if (name !== null) seen.add(name)
    if (name !== null && !repeated) return below
    const message = name === null ? 'a key must be text' : `the key "${name}" is there twice`
    return [problemAt(fileName, position(lines, key.range[0]), message), ...below]
  })
}

/** Numbers and booleans are text as keys; null, lists and mappings are none. */
function keyName(key: unknown): string | null {
  if (!isScalar(key)) return null
  const { value } = key
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : null
}

function find(
  document: Document.Parsed,
  lines: LineCounter,
  path: Path,
  part: 'key' | 'value',
): Position {
  let found: Entry = { start: 0, value: document.contents }
  for (const step of path) {
    const child = entry(isAlias(found.value) ? found.value.resolve(document) : found.value, step)
    if (child === undefined) return position(lines, valueStart(found))
    found = child
  }
  return position(lines, part === 'key' ? found.start : valueStart(found))
}

interface Entry {
  /** Where its key starts, or the entry itself in a list. */
  readonly start: number
  readonly value: Node | null | undefined
}

const valueStart = ({ start, value }: Entry): number => value?.range?.[0] ?? start

function entry(parent: Node | null | undefined, step: string | number): Entry | undefined {
  if (isSeq<ParsedNode>(parent)) {
    const value = parent.items[Number(step)]
    return value === undefined ? undefined : { start: value.range[0], value }
  }
  if (!isMap<ParsedNode, ParsedNode | null>(parent)) return undefined
  const pair = parent.items.find(({ key }) => keyName(key) === String(step))
  return pair === undefined ? undefined : { start: pair.key.range[0], value: pair.value }
}
