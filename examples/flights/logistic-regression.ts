import { at, type Flights } from './features.ts'

/** A flight is late when it arrives more than so many minutes after its time. */
export const lateMinutes = 15

/**
 * A logistic regression on eight inputs, as plain data. Categories are replaced by how late their
 * flights were in training (log odds against the average), so each has one number and not a column
 * of its own.
 */
export interface FlightModel {
  readonly version: string
  /** Flights at or above this score are predicted late: as many as were late in training. */
  readonly threshold: number
  readonly intercept: number
  /** Of `distance`, `distance²` (both standardised), recent delay and whether it is missing. */
  readonly weights: readonly [number, number, number, number]
  readonly distance: { readonly mean: number; readonly deviation: number }
  readonly recentDelay: { readonly mean: number; readonly deviation: number }
  /** What each hour, weekday, origin and destination adds to the log odds, its weight included. */
  readonly hour: readonly number[]
  readonly weekday: readonly number[]
  readonly origin: readonly number[]
  readonly destination: readonly number[]
}

/** Probability that each flight is late. */
export function scores(model: FlightModel, flights: Flights): Float64Array {
  const all = new Float64Array(flights.rows)
  const [linear, square, recent, missing] = model.weights
  for (let i = 0; i < all.length; i++) {
    const distance = clipped(at(flights.distance, i), model.distance)
    const delay = at(flights.recentDelay, i)
    const logOdds =
      model.intercept +
      linear * distance +
      square * distance * distance +
      (Number.isNaN(delay) ? missing : recent * clipped(delay, model.recentDelay)) +
      at(model.hour, at(flights.hour, i)) +
      at(model.weekday, at(flights.weekday, i)) +
      at(model.origin, at(flights.origin, i)) +
      at(model.destination, at(flights.destination, i))
    all[i] = 1 / (1 + Math.exp(-logOdds))
  }
  return all
}

/**
 * Fits by Newton's method (iteratively reweighted least squares): no learning rate, no randomness,
 * the same flights give the same model. `airports` is how many there are, seen or not.
 */
export function fit(flights: Flights, airports: number, version: string): FlightModel {
  const late = Uint8Array.from(flights.delay, (minutes) => (minutes > lateMinutes ? 1 : 0))
  const encodings = [
    lateness(flights.hour, 24, late),
    lateness(flights.weekday, 7, late),
    lateness(flights.origin, airports, late),
    lateness(flights.destination, airports, late),
  ] as const
  const distance = spread(flights.distance)
  const recentDelay = spread(flights.recentDelay)
  const inputs = (i: number, row: Float64Array): void => {
    const miles = clipped(at(flights.distance, i), distance)
    const delay = at(flights.recentDelay, i)
    row[1] = miles
    row[2] = miles * miles
    row[3] = Number.isNaN(delay) ? 0 : clipped(delay, recentDelay)
    row[4] = Number.isNaN(delay) ? 1 : 0
    row[5] = at(encodings[0], at(flights.hour, i))
    row[6] = at(encodings[1], at(flights.weekday, i))
    row[7] = at(encodings[2], at(flights.origin, i))
    row[8] = at(encodings[3], at(flights.destination, i))
  }
  const weights = newton(inputs, late, 9)
  const weighted = (table: readonly number[], weight: number): number[] =>
    table.map((value) => value * weight)
  const model: FlightModel = {
    version,
    threshold: 0,
    intercept: at(weights, 0),
    weights: [at(weights, 1), at(weights, 2), at(weights, 3), at(weights, 4)],
    distance,
    recentDelay,
    hour: weighted(encodings[0], at(weights, 5)),
    weekday: weighted(encodings[1], at(weights, 6)),
    origin: weighted(encodings[2], at(weights, 7)),
    destination: weighted(encodings[3], at(weights, 8)),
  }
  const sorted = scores(model, flights).sort()
  const onTime = late.length - late.reduce((sum, y) => sum + y, 0)
  return { ...model, threshold: sorted[Math.min(onTime, sorted.length - 1)] ?? 0.5 }
}

/** Area under the ROC curve: how often a late flight scores above one in time; ties count half. */
export function auc(model: FlightModel, flights: Flights): number {
  const score = scores(model, flights)
  const order = Uint32Array.from(score, (_, i) => i).sort((a, b) => at(score, a) - at(score, b))
  let [late, rankSum] = [0, 0]
  for (let start = 0; start < order.length;) {
    let [end, lateHere] = [start, 0]
    while (end < order.length && at(score, at(order, end)) === at(score, at(order, start))) {
      if (at(flights.delay, at(order, end)) > lateMinutes) lateHere++
      end++
    }
    // Flights start to end share one score, and with it the mean of their ranks.
    rankSum += (lateHere * (start + 1 + end)) / 2
    late += lateHere
    start = end
  }
  return (rankSum - (late * (late + 1)) / 2) / (late * (order.length - late))
}

/** Log odds of lateness of each category against the average, drawn to 0 by a hundred average flights. */
function lateness(codes: Uint8Array | Uint16Array, categories: number, late: Uint8Array): number[] {
  const [flights, lateFlights] = [new Float64Array(categories), new Float64Array(categories)]
  for (let i = 0; i < codes.length; i++) {
    const code = at(codes, i)
    flights[code] = at(flights, code) + 1
    lateFlights[code] = at(lateFlights, code) + at(late, i)
  }
  const average = late.reduce((sum, y) => sum + y, 0) / late.length
  return Array.from(flights, (n, code) => {
    const share = (at(lateFlights, code) + 100 * average) / (n + 100)
    return Math.log(share / (1 - share)) - Math.log(average / (1 - average))
  })
}

function spread(values: Float64Array): { mean: number; deviation: number } {
  let [n, sum, squares] = [0, 0, 0]
  for (const value of values) {
    if (Number.isNaN(value)) continue
    n++
    sum += value
    squares += value * value
  }
  const mean = sum / n
  return { mean, deviation: Math.sqrt(squares / n - mean * mean) || 1 }
}

/** Standardised, and held within 4 deviations: one absurd delay must not decide. */
function clipped(value: number, { mean, deviation }: { mean: number; deviation: number }): number {
  const z = (value - mean) / deviation
  return z > 4 ? 4 : z < -4 ? -4 : z
}

// A little ridge keeps the system solvable when an input never varies.
const ridge = 1e-3

function newton(
  inputs: (i: number, row: Float64Array) => void,
  late: Uint8Array,
  size: number,
): Float64Array {
  const weights = new Float64Array(size)
  const row = new Float64Array(size).fill(1)
  for (let round = 0; round < 25; round++) {
    const gradient = weights.map((weight) => -ridge * weight)
    const hessian = new Float64Array(size * size)
    for (let j = 0; j < size; j++) hessian[j * size + j] = ridge
    for (let i = 0; i < late.length; i++) {
      inputs(i, row)
      addFlight({ row, weights, gradient, hessian }, at(late, i))
    }
    const step = solved(hessian, gradient)
    for (let j = 0; j < size; j++) weights[j] = at(weights, j) + at(step, j)
    if (step.every((change) => Math.abs(change) < 1e-8)) break
  }
  return weights
}

interface NewtonSums {
  readonly row: Float64Array
  readonly weights: Float64Array
  readonly gradient: Float64Array
  readonly hessian: Float64Array
}

function addFlight({ row, weights, gradient, hessian }: NewtonSums, late: number): void {
  const size = row.length
  let logOdds = 0
  for (let j = 0; j < size; j++) logOdds += at(row, j) * at(weights, j)
  const p = 1 / (1 + Math.exp(-logOdds))
  const curvature = p * (1 - p)
  for (let j = 0; j < size; j++) {
    gradient[j] = at(gradient, j) + (late - p) * at(row, j)
    const scaled = curvature * at(row, j)
    for (let k = 0; k <= j; k++) {
      hessian[j * size + k] = at(hessian, j * size + k) + scaled * at(row, k)
    }
  }
}

/** Solves A x = b by Cholesky's decomposition; only the lower triangle of A is read. */
function solved(a: Float64Array, b: Float64Array): Float64Array {
  const size = b.length
  const l = new Float64Array(a)
  const x = new Float64Array(b)
  for (let j = 0; j < size; j++) {
    for (let k = 0; k < j; k++) {
      for (let i = j; i < size; i++) {
        l[i * size + j] = at(l, i * size + j) - at(l, i * size + k) * at(l, j * size + k)
      }
    }
    const pivot = Math.sqrt(at(l, j * size + j))
    for (let i = j; i < size; i++) l[i * size + j] = at(l, i * size + j) / pivot
  }
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i] = at(x, i) - at(l, i * size + k) * at(x, k)
    x[i] = at(x, i) / at(l, i * size + i)
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i] = at(x, i) - at(l, k * size + i) * at(x, k)
    x[i] = at(x, i) / at(l, i * size + i)
  }
  return x
}
