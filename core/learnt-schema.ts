import { Type } from 'typebox'
import { durationMs } from './duration.ts'
import { closed, duration, name } from './schema-fields.ts'

/** `learnt` of a threshold: the limits follow from what the metric used to be. */
export const Learnt = Type.Object(
  {
    learnt: Type.Object(
      {
        deviations: Type.Optional(
          Type.Number({
            exclusiveMinimum: 0,
            maximum: 100,
            description: 'How many standard deviations from the centre. Default: 3.',
          }),
        ),
        side: Type.Optional(
          Type.Enum(['above', 'below', 'both'], {
            description: 'On which side a value is a breach. Default: both.',
          }),
        ),
        center: Type.Optional(
          Type.Enum(['mean', 'median'], {
            description:
              'mean: with the population standard deviation. median: with 1.4826 times the median absolute deviation, which a few odd windows do not move. Default: mean.',
          }),
        ),
        over: Type.Optional(
          duration(
            'How far back the windows go that it is learnt from: all that start before the judged one. Default: `28d`, `84d` with a season.',
          ),
        ),
        from: Type.Optional(
          name(
            'A baseline with `range` or `first`: learnt from its windows, of all versions and variants, instead of a moving past.',
          ),
        ),
        min_windows: Type.Optional(
          Type.Integer({
            minimum: 2,
            maximum: 100_000,
            description:
              'With fewer judged windows to learn from there is no verdict. Default: 14, with a season 8 of the same hour.',
          }),
        ),
        seasonal: Type.Optional(
          Type.Enum(['none', 'hour_of_week'], {
            description:
              'hour_of_week: learnt from windows that start in the same hour of the week, UTC. Default: none.',
          }),
        ),
      },
      {
        ...closed,
        description:
          'A limit that is learnt from what the metric used to be: of the same series, in judged windows before.',
      },
    ),
  },
  closed,
)

export type LearntFile = Type.Static<typeof Learnt>['learnt']

/** `learnt` with every default filled in. */
export interface LearntSettings {
  readonly deviations: number
  readonly side: 'above' | 'below' | 'both'
  readonly center: 'mean' | 'median'
  /** How far back, ms; not used where `from` is given. */
  readonly overMs: number
  /** Name of a baseline; null for the past before the judged window. */
  readonly from: string | null
  readonly minWindows: number
  readonly seasonal: 'none' | 'hour_of_week'
}

const dayMs = 86_400_000

export function learntSettings(file: LearntFile): LearntSettings {
  const seasonal = file.seasonal ?? 'none'
  const byHour = seasonal === 'hour_of_week'
  return {
    deviations: file.deviations ?? 3,
    side: file.side ?? 'both',
    center: file.center ?? 'mean',
    overMs: file.over === undefined ? (byHour ? 84 : 28) * dayMs : durationMs(file.over),
    from: file.from ?? null,
    minWindows: file.min_windows ?? (byHour ? 8 : 14),
    seasonal,
  }
}
