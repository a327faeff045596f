import { ConfigSchema } from '../core/config-schema.ts'
import { writtenSchema } from '../core/config-sources.ts'
import { ModelSpecSchema } from '../core/model-spec.ts'
import type { SchemaNode } from '../core/schema-problems.ts'

const dialect = 'https://json-schema.org/draft/2020-12/schema'

/** JSON Schema of `tidegauge.yaml` as written: everything with a default may be left out. */
export function publishedConfigSchema(): string {
  return json('urn:tidegauge:config', 'tidegauge.yaml', nullable(writtenSchema(configNode())))
}

/** JSON Schema of a model file. */
export function publishedModelSchema(): string {
  return json('urn:tidegauge:model', 'Tidegauge model file', modelNode())
}

// Both are plain JSON Schema, whatever types their builder gives them.
export function configNode(): SchemaNode {
  return ConfigSchema as unknown as SchemaNode
}

export function modelNode(): SchemaNode {
  return ModelSpecSchema as unknown as SchemaNode
}

/** A section with all its lines commented out is null in YAML. */
function nullable(schema: SchemaNode): object {
  if (schema.properties === undefined) return schema
  const properties = Object.entries(schema.properties).map(([key, child]) => [key, nullable(child)])
  return {
    ...schema,
    type: ['object', 'null'],
    properties: Object.fromEntries(properties) as object,
  }
}

function json($id: string, title: string, schema: object): string {
  return JSON.stringify({ $schema: dialect, $id, title, ...schema })
}
