/**
 * The lower triangle L of a symmetric positive definite matrix A with L·Lᵀ = A,
 * row by row. Null where A is not positive definite to double precision: its
 * columns then depend on each other. O(size³/6).
 *
 * Ref: G. H. Golub, C. F. Van Loan, Matrix Computations, 4th ed., §4.2.
 */
export function cholesky(matrix: Float64Array, size: number): Float64Array | null {
  const lower = new Float64Array(size * size)
  return factorInto(matrix, size, lower) ? lower : null
}

/** `cholesky` into a buffer that is there; what lies above the diagonal is left as it was. */
export function factorInto(matrix: Float64Array, size: number, lower: Float64Array): boolean {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]!
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!
      if (i !== j) lower[i * size + j] = sum / lower[j * size + j]!
      else if (sum > matrix[i * size + i]! * leastPivot) lower[i * size + i] = Math.sqrt(sum)
      else return false
    }
  }
  return true
}

// A pivot that lost all but the last digits of its diagonal is rounding, not variance.
const leastPivot = 1e-12

/** The inverse of a lower triangle with no zero on its diagonal: a lower triangle. O(size³/6). */
export function invertLower(lower: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size)
  for (let j = 0; j < size; j++) {
    inverse[j * size + j] = 1 / lower[j * size + j]!
    for (let i = j + 1; i < size; i++) {
      let sum = 0
      for (let k = j; k < i; k++) sum -= lower[i * size + k]! * inverse[k * size + j]!
      inverse[i * size + j] = sum / lower[i * size + i]!
    }
  }
  return inverse
}

/** Turns b into y with L·y = b, in place. O(size²/2). */
export function solveLower(lower: Float64Array, size: number, b: Float64Array): void {
  for (let i = 0; i < size; i++) {
    let sum = b[i]!
    for (let k = 0; k < i; k++) sum -= lower[i * size + k]! * b[k]!
    b[i] = sum / lower[i * size + i]!
  }
}
