/**
 * Chance that a standard normal value is at least z: 1 − Φ(z). Falls from 1 to
 * 0; the tails keep their relative precision, about 1e-13. O(1).
 *
 * Ref: Abramowitz & Stegun 26.2.3; SciPy's `stats.norm.sf`.
 *
 * @example normalSurvival(1.6449) // 0.0500
 */
export function normalSurvival(z: number): number {
  const tail = normalTwoSided(z) / 2
  return z >= 0 ? tail : 1 - tail
}

/**
 * Chance that a normal value lies at least `z` standard deviations from its
 * mean, either way: erfc(|z|/√2), by Cody's rational functions, which are good
 * to 1e-15; far out the exponential leaves about 1e-13. O(1).
 *
 * Ref: W. J. Cody, Math. Comp. 23 (1969), 631–637.
 *
 * @example normalTwoSided(1.96) // 0.0500
 */
export function normalTwoSided(z: number): number {
  const x = Math.abs(z) * Math.SQRT1_2
  const square = (z * z) / 2
  if (x < 0.46875) {
    return 1 - (x * polynomial(centre, square)) / polynomial(centreBelow, square)
  }
  const fall = Math.exp(-square)
  // Beyond z of about 38.6 nothing is left, and ∞ has no ratio.
  if (fall === 0) return 0
  if (x <= 4) return (fall * polynomial(middle, x)) / polynomial(middleBelow, x)
  const inverse = 1 / square
  const rest = (inverse * polynomial(tail, inverse)) / polynomial(tailBelow, inverse)
  return (fall * (1 / Math.sqrt(Math.PI) - rest)) / x
}

/**
 * The |z| that a standard normal value exceeds, either way, with chance `level`:
 * what a two-sided p-value is worth in standard deviations. Levels below 1e-300
 * count as 1e-300, levels of 1 and more give 0. Relative error about 1e-15, by
 * Wichura's rational functions. O(1).
 *
 * Ref: M. J. Wichura, algorithm AS 241, Appl. Stat. 37 (1988), 477–484.
 *
 * @example normalDeviate(0.05) // 1.9600
 */
export function normalDeviate(level: number): number {
  if (level >= 1) return 0
  const half = Math.max(1e-300, level) / 2
  const q = 0.5 - half
  if (q <= 0.425) {
    const r = 0.180625 - q * q
    return (q * polynomial(near, r)) / polynomial(nearBelow, r)
  }
  const r = Math.sqrt(-Math.log(half))
  return r <= 5
    ? polynomial(far, r - 1.6) / polynomial(farBelow, r - 1.6)
    : polynomial(farther, r - 5) / polynomial(fartherBelow, r - 5)
}

/** By Horner's rule; coefficients from the constant upwards. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0
  for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * x + coefficients[k]!
  return sum
}

/** Cody's coefficients of erf, of e^(x²)·erfc and of its tail, numerator and denominator. */
const centre = [
  3209.3775891384694, 377.485237685302, 113.86415415105016, 3.1611237438705655, 0.18577770618460315,
]
const centreBelow = [
  2844.236833439171, 1282.6165260773723, 244.02463793444417, 23.601290952344122, 1,
]
const middle = [
  1230.3393547979972, 2051.0783778260716, 1712.0476126340707, 881.952221241769, 298.6351381974001,
  66.11919063714163, 8.883149794388377, 0.5641884969886701, 2.1531153547440383e-8,
]
const middleBelow = [
  1230.3393548037495, 3439.3676741437216, 4362.619090143247, 3290.7992357334597, 1621.3895745666903,
  537.1811018620099, 117.6939508913125, 15.744926110709835, 1,
]
const tail = [
  0.0006587491615298378, 0.016083785148742275, 0.12578172611122926, 0.36034489994980445,
  0.30532663496123236, 0.016315387137302097,
]
const tailBelow = [
  0.0023352049762686918, 0.06051834131244132, 0.5279051029514285, 1.8729528499234673,
  2.568520192289822, 1,
]

/** Wichura's coefficients for the middle, the tail and the far tail. */
const near = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
  67265.7709270087, 33430.57558358813, 2509.0809287301227,
]
const nearBelow = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
  28729.085735721943, 5226.495278852854,
]
const far = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
  0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
]
const farBelow = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
  0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9,
]
const farther = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
  0.026532189526576124, 0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
]
const fartherBelow = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
  0.000018463183175100548, 1.421511758316446e-7, 2.0442631033899397e-15,
]
