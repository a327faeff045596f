import { posix } from 'node:path'
import ts from 'typescript'

export interface Import {
  readonly from: string
  /** A path in the repository, `node:…`, or a package's name without what follows it. */
  readonly to: string
  /** Kept when types are erased. `import { type X }` is: only `import type` goes away whole. */
  readonly runtime: boolean
}

/** Source text by path in the repository. */
export type SourceFiles = ReadonlyMap<string, string>

/** Every import and re-export of a file, dynamic ones too. */
export function importsOf(file: string, source: string): Import[] {
  const found: Import[] = []
  const add = (specifier: ts.Expression | undefined, runtime: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return
    found.push({ from: file, to: target(file, specifier.text), runtime })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword)
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, !node.isTypeOnly)
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, false)
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], true)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.ES2023, false))
  return found
}

function target(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier)
  if (specifier.startsWith('node:')) return specifier
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}

/** Rings of files that need each other to load, each as a path back to its start. */
export function importCycles(imports: readonly Import[]): string[] {
  const edges = new Map<string, string[]>()
  for (const { from, to, runtime } of imports) {
    if (runtime) edges.set(from, [...(edges.get(from) ?? []), to])
  }
  const done = new Set<string>()
  const cycles: string[] = []
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      return
    }
    if (done.has(file)) return
    for (const to of edges.get(file) ?? []) walk(to, [...path, file])
    done.add(file)
  }
  for (const file of edges.keys()) walk(file, [])
  return cycles
}
