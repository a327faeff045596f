/**
 * What Grafana and its ClickHouse plugin make of a query before it reaches the server: variables in
 * their formats, `$__conditionalAll`, and the macros of time. Whatever is left unexpanded is an error.
 */

export type VariableValue = string | readonly string[]

export interface RenderContext {
  readonly from: Date
  readonly to: Date
  readonly intervalMs: number
  /** By name; `$__all` stands for a variable with everything chosen. */
  readonly variables: Readonly<Record<string, VariableValue>>
  /** What `$__all` of a variable expands to outside of `$__conditionalAll`. */
  readonly all?: Readonly<Record<string, readonly string[]>>
}

const all = '$__all'

export function renderQuery(sql: string, context: RenderContext): string {
  const text = macros(variables(conditionalAlls(sql, context), context), context)
  const left = /\$(__\w+|\{[^}]*\}|[A-Za-z_]\w*)/.exec(text)
  if (left !== null) throw new Error(`unexpanded: ${left[0]}`)
  return text
}

/** The plugin's own: the condition, or what is always true while everything is chosen. */
function conditionalAlls(sql: string, { variables: values }: RenderContext): string {
  const name = '$__conditionalAll'
  let text = sql
  for (let at = text.lastIndexOf(`${name}(`); at >= 0; at = text.lastIndexOf(`${name}(`)) {
    const { list, end } = argumentsAt(text, at + name.length)
    const [condition = '', variable = ''] = list
    if (list.length !== 2) throw new Error(`${name} takes two arguments: ${list.join(' | ')}`)
    const value = values[variable.replace(/^\$\{?(\w+).*$/, '$1')]
    if (value === undefined) throw new Error(`${name} of unknown variable ${variable}`)
    text = text.slice(0, at) + (isAll(value) ? '1=1' : condition) + text.slice(end)
  }
  return text
}

const isAll = (value: VariableValue): boolean =>
  typeof value === 'string' ? value === all || value === '' : value.includes(all)

function variables(sql: string, context: RenderContext): string {
  return sql.replaceAll(
    /\$\{(\w+)(?::(\w+))?\}|\$(?!__)([A-Za-z_]\w*)/g,
    (_, braced: string | undefined, format: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare ?? ''
      const value = context.variables[name]
      if (value === undefined) throw new Error(`unknown variable ${name}`)
      const values = isAll(value) ? (context.all?.[name] ?? []) : [value].flat()
      return formatted(values, format)
    },
  )
}

/** Grafana's formats. Quotes are escaped, backslashes are not. */
function formatted(values: readonly string[], format: string | undefined): string {
  switch (format) {
    case 'singlequote':
      return values.map((value) => `'${value.replaceAll("'", String.raw`\'`)}'`).join(',')
    case 'raw':
      return values.join(',')
    case undefined:
      return values.length === 1 ? (values[0] ?? '') : `'${values.join("','")}'`
    default:
      throw new Error(`unknown format ${format}`)
  }
}

type Macro = (args: readonly string[], context: RenderContext) => string

const seconds = (at: Date): string => `toDateTime(${Math.floor(at.getTime() / 1000)})`
const milliseconds = (at: Date): string => `fromUnixTimestamp64Milli(${at.getTime()})`
const intervalSeconds = ({ intervalMs }: RenderContext): number =>
  Math.max(1, Math.floor(intervalMs / 1000))

const known: Readonly<Record<string, readonly [parameters: number, macro: Macro]>> = {
  fromTime: [0, (_, { from }) => seconds(from)],
  toTime: [0, (_, { to }) => seconds(to)],
  fromTime_ms: [0, (_, { from }) => milliseconds(from)],
  toTime_ms: [0, (_, { to }) => milliseconds(to)],
  interval_s: [0, (_, context) => String(intervalSeconds(context))],
  timeFilter: [1, ([c], { from, to }) => `${c} >= ${seconds(from)} AND ${c} <= ${seconds(to)}`],
  timeFilter_ms: [
    1,
    ([c], { from, to }) => `${c} >= ${milliseconds(from)} AND ${c} <= ${milliseconds(to)}`,
  ],
  timeInterval: [
    1,
    ([c], context) =>
      `toStartOfInterval(toDateTime(${c}), INTERVAL ${intervalSeconds(context)} second)`,
  ],
  timeInterval_ms: [
    1,
    ([c], { intervalMs }) =>
      `toStartOfInterval(toDateTime64(${c}, 3), INTERVAL ${Math.max(1, intervalMs)} millisecond)`,
  ],
}

/** Innermost first, so that a macro may stand in another's argument. */
function macros(sql: string, context: RenderContext): string {
  let text = sql
  for (;;) {
    const found = [...text.matchAll(/\$__(\w+)/g)].at(-1)
    if (found === undefined) return text
    const [written, name = ''] = found
    const [parameters, macro] = known[name] ?? []
    if (macro === undefined) throw new Error(`unknown macro ${written}`)
    const after = found.index + written.length
    const { list, end } = text[after] === '(' ? argumentsAt(text, after) : { list: [], end: after }
    if (list.length !== parameters) throw new Error(`${written} takes ${parameters} argument(s)`)
    text = text.slice(0, found.index) + macro(list, context) + text.slice(end)
  }
}

/** The arguments of a call whose bracket opens at `open`; `end` is behind its closing one. */
function argumentsAt(text: string, open: number): { list: string[]; end: number } {
  const list: string[] = []
  let depth = 0
  let begin = open + 1
  // Quoted text is one token: brackets and commas in it separate nothing.
  const token = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`|[(),]/gs
  token.lastIndex = open
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [written] = found
    if (written === '(') depth++
    if (written === ')') depth--
    const closes = depth === 0
    if (!closes && !(written === ',' && depth === 1)) continue
    const argument = text.slice(begin, found.index).trim()
    if (argument !== '' || list.length > 0) list.push(argument)
    if (closes) return { list, end: found.index + 1 }
    begin = found.index + 1
  }
  throw new Error(`a macro is not closed: ${text.slice(open, open + 60)}`)
}
