/** Which of an output's columns mean what. Null: told by their names and values (outputs.ts). */
export interface OutputNames {
  /** The column that is the prediction. */
  readonly prediction: string | null
  /** The column that is the score. */
  readonly score: string | null
  /** Names of the classes, in the order of a vector of scores. Empty: '0', '1' … */
  readonly classes: readonly string[]
}

/** What of an inference the serving system logs: a half that never comes is not waited for. */
export type Halves = 'both' | 'requests' | 'responses'

/** What every decoder may be told: one entry of `decodings` in the configuration. */
export interface DecodingOptions {
  readonly format: string
  /** Null: what the payload says. Given, it stands instead of that. */
  readonly model: string | null
  readonly version: string | null
  readonly variant: string | null
  /** Names for the columns that a payload leaves unnamed, in their order. Empty: made up. */
  readonly features: readonly string[]
  readonly outputs: OutputNames
  readonly halves: Halves
  /** Of local times that name no zone: an offset such as +02:00, or an IANA name. */
  readonly timeZone: string | null
  /** Pointers from any object to a native event; its shape belongs to the mapping decoder. */
  readonly mapping: unknown
  /** Name of the schema registry that knows the messages' schemas. */
  readonly registry: string | null
}

/** A decoding of which nothing is configured but its format. */
export const plainOptions = (format: string): DecodingOptions => ({
  format,
  model: null,
  version: null,
  variant: null,
  features: [],
  outputs: { prediction: null, score: null, classes: [] },
  halves: 'both',
  timeZone: null,
  mapping: null,
  registry: null,
})
