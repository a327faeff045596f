/** Which part of 2001 a demo replays, and what happens in it. Days are ISO dates. */
export interface DemoPlan {
  readonly from: string
  /** Exclusive. */
  readonly to: string
  /** The first day on which distances are sent in kilometres. */
  readonly faultFrom: string
  /** Here the replay waits for version 2 if it has been faster than the training. */
  readonly waitAt: string
}

export const fullPlan: DemoPlan = {
  from: '2001-02-01',
  to: '2001-07-01',
  faultFrom: '2001-05-01',
  waitAt: '2001-06-15',
}

/** The same story in a month: a week of each part is whole. */
export const quickPlan: DemoPlan = {
  from: '2001-02-01',
  to: '2001-03-04',
  faultFrom: '2001-02-08',
  waitAt: '2001-02-21',
}

/** How many days of the feed, as it then is, version 2 is trained on: each weekday once. */
export const trainingDays = 7

const dayMs = 86_400_000

export const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** The last day that is replayed. */
export const lastDay = ({ to }: DemoPlan): string => dayText(Date.parse(to) - dayMs)

export const afterDays = (day: string, days: number): string =>
  dayText(Date.parse(day) + days * dayMs)
