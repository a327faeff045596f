/** A loan applicant; money in dollars, age and years in years. */
export interface Applicant {
  readonly salary: number
  readonly commission: number
  readonly age: number
  readonly educationLevel: number
  readonly car: number
  readonly zipcode: number
  readonly houseValue: number
  readonly houseYears: number
  readonly loan: number
}

export type AgrawalConcept = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

/** Whether an applicant is in group A (1) under one of the ten rules, counted from 0. */
export function agrawalLabel(applicant: Applicant, concept: AgrawalConcept): number {
  return rules[concept](applicant) ? 1 : 0
}

const within = (value: number, least: number, most: number): boolean =>
  least <= value && value <= most

/** A choice by age: under 40, under 60, older. */
const byAge = <T>({ age }: Applicant, young: T, middle: T, old: T): T =>
  age < 40 ? young : age < 60 ? middle : old

type Band = readonly [least: number, most: number]
const low: Band = [25000, 75000]
const mid: Band = [50000, 100000]
const high: Band = [75000, 125000]

/** Whether the education level is one that is usual at this age. */
const usualEducation = (a: Applicant): boolean =>
  within(a.educationLevel, ...byAge<Band>(a, [0, 1], [1, 3], [2, 4]))

/** What is left of the income under the linear rules. */
const income = (a: Applicant): number => (2 * (a.salary + a.commission)) / 3

const rules: Readonly<Record<AgrawalConcept, (a: Applicant) => boolean>> = {
  0: (a) => byAge(a, true, false, true),
  1: (a) => within(a.salary, ...byAge(a, mid, high, low)),
  2: usualEducation,
  3: (a) =>
    within(a.salary, ...(usualEducation(a) ? byAge(a, low, mid, mid) : byAge(a, mid, high, low))),
  4: loanBySalary,
  5: (a) => within(a.salary + a.commission, ...byAge(a, mid, high, low)),
  6: (a) => income(a) - a.loan / 5 - 20000 <= 1,
  7: (a) => income(a) - 5000 * a.educationLevel - 20000 <= 1,
  8: (a) => income(a) - 5000 * a.educationLevel - a.loan / 5 - 10000 <= 1,
  9: (a) => {
    const equity = a.houseYears >= 20 ? (a.houseValue * (a.houseYears - 20)) / 10 : 0
    return income(a) - 5000 * a.educationLevel + equity / 5 - 10000 <= 1
  },
}

/**
 * The published code asks for the salary in places where the paper has the loan, for 200,000 and
 * more, which nobody earns. Streams by that name follow the code: the answer there is always no.
 */
function loanBySalary(a: Applicant): boolean {
  const inBand = within(a.salary, ...byAge(a, mid, high, low))
  if (a.age < 40) return inBand && within(a.loan, 100000, 300000)
  if (a.age < 60) return false
  return inBand ? within(a.loan, 300000, 500000) : within(a.loan, 75000, 300000)
}
