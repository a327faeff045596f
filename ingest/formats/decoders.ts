import { readFileSync } from 'node:fs'
import type { Clock } from '../../core/clock.ts'
import type { Config } from '../../core/config.ts'
import { plainFormats, type Format } from '../../core/decoding-schema.ts'
import { AppError } from '../../core/errors.ts'
import { createAzureMlDecoder } from './azure-ml.ts'
import { createBentomlDecoder } from './bentoml.ts'
import { createCloudEventsDecoder } from './cloudevents.ts'
import { createConfluentDecoder, payloadReader, type PayloadReader } from './confluent-wire.ts'
import type { Decoded, Decoder } from './decoder.ts'
import { detectFormat, type DetectedFormat } from './detect.ts'
import { decodeJsonLines } from './json-lines.ts'
import { createKserveDecoder } from './kserve.ts'
import type { Mapping } from './mapped-fields.ts'
import { createMapping } from './mapping.ts'
import { createMlflowDecoder } from './mlflow.ts'
import { createNativeDecoder, nativeValue } from './native-values.ts'
import { plainOptions, type DecodingOptions } from './options.ts'
import { createSagemakerDecoder } from './sagemaker.ts'
import { SchemaRegistry } from './schema-registry.ts'
import { createSeldonV1Decoder } from './seldon-v1.ts'
import { createSeldonV2Decoder } from './seldon-v2.ts'

/** What decoders have in common: registries, and what each decoding says in its mapping. */
interface Surroundings {
  readonly registries: ReadonlyMap<string, SchemaRegistry<PayloadReader>>
  readonly mapping: Mapping | undefined
}

type CreateDecoder = (options: DecodingOptions, surroundings: Surroundings) => Decoder

const factories: Readonly<Record<Format, CreateDecoder>> = {
  auto: createAutoDecoder,
  native: createNativeDecoder,
  cloudevents: createCloudEventsDecoder,
  kserve: createKserveDecoder,
  'azure-ml': createAzureMlDecoder,
  'seldon-v1': createSeldonV1Decoder,
  'seldon-v2': createSeldonV2Decoder,
  sagemaker: createSagemakerDecoder,
  mlflow: createMlflowDecoder,
  bentoml: createBentomlDecoder,
  confluent: (options, { registries, mapping }) => {
    const registry = registries.get(options.registry ?? '')
    if (registry === undefined) throw new TypeError('a decoding names a registry that is none')
    return createConfluentDecoder(registry, valueDecoder(mapping, options))
  },
  mapping: (options, { mapping }) => {
    const decodeOne = valueDecoder(mapping, options)
    return { decode: (message) => decodeJsonLines(message, decodeOne) }
  },
}

/**
 * Every decoding by its name: those of the configuration, and each format that needs nothing configured
 * under its own name, unless a decoding is called so. Files of certificates are read now; throws
 * CONFIG_INVALID where one cannot be.
 */
export function createDecoders(
  { decodings, registries }: Pick<Config, 'decodings' | 'registries'>,
  { clock }: { readonly clock: Pick<Clock, 'monotonic'> },
): (name: string) => Decoder | undefined {
  const known = new Map(
    Object.entries(registries).map(([name, registry]) => [name, openRegistry(registry, clock)]),
  )
  const decoders = new Map<string, Decoder>()
  for (const format of plainFormats) {
    const surroundings = { registries: known, mapping: undefined }
    decoders.set(format, factories[format](plainOptions(format), surroundings))
  }
  for (const [name, decoding] of Object.entries(decodings)) {
    const surroundings = { registries: known, mapping: decoding.mapping }
    decoders.set(name, factories[decoding.format](optionsOf(decoding), surroundings))
  }
  return (name) => decoders.get(name)
}

function openRegistry(
  { ca, ...registry }: Config['registries'][string],
  clock: Pick<Clock, 'monotonic'>,
): SchemaRegistry<PayloadReader> {
  const trusted = ca === undefined ? {} : { ca: certificates(ca) }
  return new SchemaRegistry({ ...registry, ...trusted }, clock, payloadReader)
}

function certificates(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `the certificates in ${path} cannot be read`, { cause })
  }
}

function optionsOf(decoding: Config['decodings'][string]): DecodingOptions {
  const { outputs } = decoding
  return {
    format: decoding.format,
    model: decoding.model ?? null,
    version: decoding.version ?? null,
    variant: decoding.variant ?? null,
    features: decoding.features,
    outputs: {
      prediction: outputs.prediction ?? null,
      score: outputs.score ?? null,
      classes: outputs.classes,
    },
    halves: decoding.halves,
    timeZone: decoding.timeZone ?? null,
    mapping: decoding.mapping ?? null,
    registry: decoding.registry ?? null,
  }
}

/** Without a mapping, values are native events and labels themselves. */
function valueDecoder(
  mapping: Mapping | undefined,
  options: DecodingOptions,
): (value: unknown) => Decoded {
  return mapping === undefined
    ? (value) => nativeValue(value, options)
    : createMapping(mapping, options)
}

function createAutoDecoder(options: DecodingOptions, surroundings: Surroundings): Decoder {
  const known = new Map<DetectedFormat, Decoder>()
  const decoderOf = (format: DetectedFormat): Decoder => {
    const decoder = known.get(format) ?? factories[format]({ ...options, format }, surroundings)
    known.set(format, decoder)
    return decoder
  }
  return { decode: (message) => decoderOf(detectFormat(message)).decode(message) }
}
