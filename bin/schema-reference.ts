import { allowedText, type SchemaNode } from '../core/schema-problems.ts'

/** One mapping of a file and its keys. */
interface Section {
  /** Such as `server`, `monitors[]` or `features.<name>`; empty for the top. */
  readonly name: string
  readonly description: string
  readonly keys: readonly Key[]
}

interface Key {
  readonly name: string
  readonly schema: SchemaNode
  readonly required: boolean
}

/** Markdown tables of every key a schema knows: a heading and a table each mapping. */
export function schemaReference(schema: SchemaNode, options: { defaults: boolean }): string {
  return merged(sections('', schema).filter(({ keys }) => keys.length > 0))
    .map((section) => sectionText(section, options.defaults))
    .join('\n\n')
}

/** Neighbours with the same keys get one table. */
function merged(found: readonly Section[]): Section[] {
  const kept: Section[] = []
  for (const section of found) {
    const last = kept.at(-1)
    if (last === undefined || JSON.stringify(last.keys) !== JSON.stringify(section.keys))
      kept.push(section)
    else {
      const description = last.description === section.description ? last.description : ''
      kept.splice(-1, 1, { ...last, description, name: `${last.name}\`, \`${section.name}` })
    }
  }
  return kept
}

function sections(name: string, schema: SchemaNode): Section[] {
  const branches = (schema.anyOf ?? [schema]).filter(({ properties }) => properties !== undefined)
  const choice = branches.length > 1
  const keys = branches.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).map(([key, child]) => ({
      name: key,
      schema: child,
      required: !choice && required.includes(key) && child.default === undefined,
    })),
  )
  // A mapping of known keys gets a heading instead of a row, unless it is one of a choice.
  const rows = keys.filter((key) => choice || key.schema.properties === undefined)
  const description = `${schema.description ?? ''}${choice ? ' Exactly one of these keys.' : ''}`
  return [
    { name, description, keys: rows },
    ...keys.flatMap((key) => nested(name === '' ? key.name : `${name}.${key.name}`, key.schema)),
  ]
}

function nested(name: string, schema: SchemaNode): Section[] {
  if (schema.properties !== undefined) return sections(name, schema)
  // Beside plain values there may be a mapping.
  if (schema.anyOf?.some(({ properties }) => properties !== undefined) === true)
    return sections(name, schema)
  if (schema.items !== undefined) return sections(`${name}[]`, schema.items)
  const [values] = Object.values(schema.patternProperties ?? {})
  return values === undefined ? [] : sections(`${name}.<name>`, values)
}

function sectionText({ name, description, keys }: Section, defaults: boolean): string {
  const head = defaults ? ['Key', 'Allowed', 'Default', 'Meaning'] : ['Key', 'Allowed', 'Meaning']
  const rows = keys.map((key) => {
    const { schema, required } = key
    const text = `${required ? '**Required.** ' : ''}${schema.description ?? ''}`
    const allowed = allowedText(schema)
    return defaults
      ? [code(key.name), allowed, defaultText(schema), text]
      : [code(key.name), allowed, text]
  })
  const table = [head, head.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map(cell).join(' | ')} |`,
  )
  return [name === '' ? '' : `## ${code(name)}`, description, table.join('\n')]
    .filter((part) => part !== '')
    .join('\n\n')
}

function defaultText(schema: SchemaNode): string {
  return schema.default === undefined ? '' : code(JSON.stringify(schema.default))
}

const code = (text: string): string => `\`${text}\``

/** `<name>` would be read as HTML and `|` as the next cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/<(?=[^`]*(?:`[^`]*`[^`]*)*$)/g, '&lt;')
}
