import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'

type Schema = Readonly<Record<string, unknown>>

/**
 * The published schema generates "any value" as an object without properties, which a string, a number
 * or a list is not; and a panel that is wrong fails as a panel and as a row. Both are mended here, so
 * that what is left of its errors is about dashboards.
 */
function loosened(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(loosened)
  if (typeof schema !== 'object' || schema === null) return schema
  const { type, properties, additionalProperties } = schema as Schema
  if (type === 'object' && properties === undefined && isObject(additionalProperties)) {
    if (Object.keys(additionalProperties).length === 0) return {}
    if (additionalProperties['type'] === 'object') return { type: 'object' }
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, loosened(value)]))
}

const isObject = (value: unknown): value is Schema => typeof value === 'object' && value !== null

interface Definitions {
  readonly definitions: Record<string, { readonly properties: Record<string, Schema> }>
}

/** Says what is wrong with the JSON of a dashboard. */
export function dashboardValidator(): (dashboard: unknown) => string[] {
  const text = readFileSync('test/fixtures/grafana/dashboard.jsonschema.json', 'utf8')
  const schema = loosened(JSON.parse(text)) as Definitions
  const { Dashboard, VariableModel } = schema.definitions
  Dashboard!.properties['panels'] = {
    type: 'array',
    items: {
      if: { properties: { type: { const: 'row' } } },
      then: { $ref: '#/definitions/RowPanel' },
      else: { $ref: '#/definitions/Panel' },
    },
  }
  VariableModel!.properties['query'] = { type: ['string', 'object'] }
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
    schema,
  )
  return (dashboard) => {
    if (validate(dashboard)) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
    )
  }
}
