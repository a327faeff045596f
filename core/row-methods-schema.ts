import { Type } from 'typebox'
import { closed } from './schema-fields.ts'

/** Products whose choice of tests a model file can ask for. */
export const presets = [
  'evidently',
  'nannyml',
  'alibi-detect',
  'sagemaker',
  'whylogs',
  'deepchecks',
  'vertex',
] as const
export type Preset = (typeof presets)[number]

/** `preset` of a model file. */
export const PresetField = Type.Enum([...presets], {
  description:
    "Another product's drift tests instead of the first set: for each feature the test, threshold and operator that its code would choose, over stored rows. Methods under `detectors` are computed besides. Default: none.",
})

/** `row_methods` of a model file. */
export const RowMethods = Type.Object(
  {
    sample: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 1_000_000,
        description:
          "Rows of a side that another product's method reads at most; of more it takes a sample, the same one every time. Default: 100000.",
      }),
    ),
  },
  { ...closed, description: 'How methods over stored rows read them.' },
)

/** `row_methods` with every default filled in. */
export interface RowMethodSettings {
  /** Most rows of a side. */
  readonly sample: number
}

export const rowMethodSettings = (
  file: Type.Static<typeof RowMethods> = {},
): RowMethodSettings => ({ sample: file.sample ?? 100_000 })
