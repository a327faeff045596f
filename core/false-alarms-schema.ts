import { Type } from 'typebox'
import { durationMs } from './duration.ts'
import { closed, duration } from './schema-fields.ts'

/** `false_alarms` of a model file. */
export const FalseAlarms = Type.Object(
  {
    budget: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1_000_000,
      description: 'At most so many false alarms.',
    }),
    per: duration('In this time.'),
  },
  {
    ...closed,
    description:
      'How many false alarms are bearable, such as `{ budget: 1, per: 7d }`. The significance levels of all monitors whose metric has a p-value and that have no `alpha` follow from it. Left out: 0.05 a window.',
  },
)

/** `correction` of a model file. */
export const Correction = Type.Enum(['benjamini-hochberg', 'bonferroni', 'none'], {
  description:
    'How the p-values that one window gets from one method and baseline are adjusted for being many. benjamini-hochberg: bounds the share of false ones among the alarms. bonferroni: bounds the chance of even one. none: each stands alone. Default: benjamini-hochberg.',
})

export type CorrectionName = Type.Static<typeof Correction>

/** A budget with its period in milliseconds. */
export interface FalseAlarmBudget {
  readonly budget: number
  readonly perMs: number
}

export const falseAlarmBudget = (
  file: Type.Static<typeof FalseAlarms> | undefined,
): FalseAlarmBudget | null =>
  file === undefined ? null : { budget: file.budget, perMs: durationMs(file.per) }
