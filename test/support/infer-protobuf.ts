import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'

const { root } = protobuf.parse(
  readFileSync(
    new URL('../fixtures/formats/seldon-v2/open-inference.proto', import.meta.url),
    'utf8',
  ),
)
const request = root.lookupType('inference.ModelInferRequest')
const response = root.lookupType('inference.ModelInferResponse')

/** The protobuf form of a request, from its form in JSON (camel case, base64 for bytes). */
export const encodeInferRequest = (message: Record<string, unknown>): Buffer =>
  Buffer.from(request.encode(request.fromObject(message)).finish())

export const encodeInferResponse = (message: Record<string, unknown>): Buffer =>
  Buffer.from(response.encode(response.fromObject(message)).finish())
