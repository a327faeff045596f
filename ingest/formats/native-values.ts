import { rejected, type Decoded, type Decoder } from './decoder.ts'
import { decodeJsonLines } from './json-lines.ts'
import { nativeDecoder } from './native.ts'
import type { DecodingOptions } from './options.ts'

type Told = Pick<DecodingOptions, 'model' | 'version' | 'variant'>

/** Native events and labels; what the decoding says of model, version and variant stands instead. */
export function createNativeDecoder(options: DecodingOptions): Decoder {
  const { model, version, variant } = options
  if (model === null && version === null && variant === null) return nativeDecoder
  return { decode: (message) => decodeJsonLines(message, (value) => nativeValue(value, options)) }
}

/** A native event or label, or a list of them, that came inside something else. */
export function nativeValue(value: unknown, told: Told): Decoded {
  if (Array.isArray(value)) {
    return { kind: 'records', records: value.map((entry) => ({ value: stamped(entry, told) })) }
  }
  return typeof value === 'object' && value !== null
    ? { kind: 'records', records: [{ value: stamped(value, told) }] }
    : rejected('not_an_object', 'an event is an object')
}

function stamped(value: unknown, { model, version, variant }: Told): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const isLabel = 'type' in value && value.type === 'label'
  return {
    ...value,
    ...(model === null ? {} : { model }),
    ...(version === null || isLabel ? {} : { version }),
    ...(variant === null || isLabel ? {} : { variant }),
  }
}
