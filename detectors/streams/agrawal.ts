import { type Applicant, agrawalLabel, type AgrawalConcept } from './agrawal-concepts.ts'
import { balanced } from './balanced.ts'
import { type RandomSource } from './random-source.ts'
import { type RowStream } from './row.ts'

export interface AgrawalOptions {
  readonly concept: AgrawalConcept
  /** Whether labels alternate: rows of the other label are drawn again. */
  readonly balance?: boolean
  /**
   * `original`: cars count from 0 and houses cost (9 − zip code)·100,000 on average; `revised`, in
   * later code: cars count from 1 and houses cost (8 − zip code)·100,000.
   */
  readonly edition?: 'original' | 'revised'
  /** Noise of numeric features, as a share of their range, 0 to 1. Labels are of the clean ones. */
  readonly perturbation?: number
}

/**
 * Agrawal's loan applicants: salary, commission, age, education level, car,
 * zip code, house value, years of the house, loan; label 1 by one of ten rules.
 *
 * Ref: R. Agrawal, T. Imielinski, A. Swami, Database mining: a performance
 * perspective, IEEE TKDE 5 (1993), 914–925.
 */
export function* agrawal(
  { concept, balance = false, edition = 'original', perturbation = 0 }: AgrawalOptions,
  random: RandomSource,
): RowStream {
  const rows = balanced(balance, () => {
    const applicant = draw(random, edition === 'original' ? 0 : 1)
    return { x: features(applicant), y: agrawalLabel(applicant, concept) }
  })
  for (;;) {
    const { x, y } = rows.next().value
    yield { x: perturbation > 0 ? perturbed(x, perturbation, random) : x, y }
  }
}

function draw(random: RandomSource, firstCar: 0 | 1): Applicant {
  const salary = 20000 + 130000 * random.next()
  const commission = salary >= 75000 ? 0 : 10000 + 75000 * random.next()
  const age = 20 + random.below(61)
  const educationLevel = random.below(5)
  const car = firstCar + random.below(20)
  const zipcode = random.below(9)
  const houseValue = (9 - firstCar - zipcode) * 100000 * (0.5 + random.next())
  const houseYears = 1 + random.below(30)
  const loan = random.next() * 500000
  return { salary, commission, age, educationLevel, car, zipcode, houseValue, houseYears, loan }
}

const features = (a: Applicant): number[] => [
  ...[a.salary, a.commission, a.age, a.educationLevel, a.car],
  ...[a.zipcode, a.houseValue, a.houseYears, a.loan],
]

function perturbed(x: readonly number[], share: number, random: RandomSource): number[] {
  const moved = (value: number, least: number, most: number, range = most - least): number => {
    const next = value + range * (2 * (random.next() - 0.5)) * share
    return next < least ? least : next > most ? most : next
  }
  const [salary, commission, age, educationLevel, car, zipcode, houseValue, houseYears, loan] =
    x as [number, number, number, number, number, number, number, number, number]
  return [
    moved(salary, 20000, 150000),
    commission > 0 ? moved(commission, 10000, 75000) : commission,
    Math.round(moved(age, 20, 80)),
    educationLevel,
    car,
    zipcode,
    // Least and most in this order, as in the published code: a house ends at either.
    moved(houseValue, (9 - zipcode) * 100000, 0, 135000),
    Math.round(moved(houseYears, 1, 30)),
    moved(loan, 0, 500000),
  ]
}
