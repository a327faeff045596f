import protobuf from 'protobufjs'

/** The text of a `.proto` file and the name that others import it by. */
export interface ProtoFile {
  readonly name: string
  readonly text: string
}

/** A schema of Protobuf, read. */
export interface ProtoSchema {
  /** The messages that its file declares at the top, in their order. */
  readonly messages: readonly protobuf.Type[]
}

/**
 * Reads a `.proto` file with those that it imports. Those of Google's own types are known. Throws an
 * Error that says what is wrong with them.
 */
export function parseProtoSchema(text: string, imports: readonly ProtoFile[] = []): ProtoSchema {
  const root = new protobuf.Root()
  const given = new Map(imports.map((file) => [file.name, file.text]))
  const main = parseFile(text, root)
  // Before files of the same package are added, the package holds this file's own messages alone.
  const messages = messagesOf(main.package === undefined ? root : root.lookup(main.package))
  const waiting = [...main.imports]
  const seen = new Set<string>()
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    const imported = given.get(name)
    if (imported !== undefined) waiting.push(...parseFile(imported, root).imports)
    else addKnown(name, root)
  }
  root.resolveAll()
  return { messages }
}

interface ParsedFile {
  readonly package: string | undefined
  readonly imports: readonly string[]
}

// Names stay as they are written: those of native events have underscores.
function parseFile(text: string, root: protobuf.Root): ParsedFile {
  const parsed = protobuf.parse(text, root, { keepCase: true })
  return {
    package: parsed.package,
    imports: [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])],
  }
}

/** Messages nested in a message, or standing in a package, in the order of the file. */
export function messagesOf(holder: protobuf.ReflectionObject | null): protobuf.Type[] {
  const nested = holder instanceof protobuf.Namespace ? holder.nestedArray : []
  return nested.filter((object) => object instanceof protobuf.Type)
}

/** Files that a registry knows without being told, and that a schema may import without a reference. */
const registryFiles: ReadonlyMap<string, string> = new Map([
  [
    'confluent/type/decimal.proto',
    'syntax = "proto3"; package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }',
  ],
  // Names of options alone, which say nothing of bytes.
  ['confluent/meta.proto', ''],
  ['google/protobuf/descriptor.proto', ''],
])

function addKnown(name: string, root: protobuf.Root): void {
  const common = protobuf.common.get(name)?.nested
  const known = registryFiles.get(name)
  if (common !== undefined) root.addJSON(common)
  else if (known === undefined)
    throw new TypeError(`nobody knows the import "${name.slice(0, 200)}"`)
  else if (known !== '') parseFile(known, root)
}
