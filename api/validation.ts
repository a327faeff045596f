import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'

/** Marks a body's schema as documentation: the route takes the text as it came. */
export const rawBody = { 'x-raw-body': true } as const

/**
 * Query and path hold text, so there a number may be written as one; a JSON body is taken at its
 * word. Unknown names are errors everywhere, never dropped in silence.
 */
export function schemaCompiler(): FastifySchemaCompiler<TSchema> {
  const strict = createAjv(false)
  const coercing = createAjv(true)
  return ({ schema, httpPart }) => {
    if ('x-raw-body' in schema) return () => true
    return (httpPart === 'body' ? strict : coercing).compile(schema)
  }
}

function createAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({
    coerceTypes,
    useDefaults: true,
    removeAdditional: false,
    allErrors: true,
    allowUnionTypes: true,
  })
  formats.default(ajv)
  ajv.addKeyword('x-raw-body')
  return ajv
}
