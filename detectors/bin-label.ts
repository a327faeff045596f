import { type BinName } from './contribution.ts'
import { type FeatureBinning } from './profile.ts'

/** Characters of a category that a label shows. */
const longestCategory = 64

/**
 * What to call a bin when a person reads it: `30 … 45` (30 is in it, 45 is
 * not), `< 3`, `≥ 45`, `5` where a range holds that one number, the category
 * itself, or `other`, `unseen`, `wrong type`, `invalid`, `missing`.
 *
 * Edges are rounded: to three significant digits, or to as many as tell an edge
 * from its neighbours; whole numbers of up to seven digits are written out. The
 * exact ones are in the bin's name. Categories are cut at 64 characters, and
 * characters that would steer a terminal are replaced.
 *
 * O(edges) a bin of a number.
 */
export function binLabel(bin: BinName, binning: FeatureBinning): string {
  switch (bin.kind) {
    case 'range':
      return rangeLabel(bin, binning.kind === 'numeric' ? binning.edges : [])
    case 'category':
      return categoryLabel(bin.category)
    case 'type_mismatch':
      return 'wrong type'
    case 'other':
    case 'unseen':
    case 'invalid':
    case 'missing':
      return bin.kind
  }
}

function rangeLabel(
  { from, to }: { readonly from: number | null; readonly to: number | null },
  edges: readonly number[],
): string {
  if (from === null && to === null) return 'any number'
  if (from === null) return `< ${edgeText(to!, edges)}`
  const before = edges[edges.indexOf(from) - 1]
  // The range of a constant ends with the next number there is: above it means above the constant.
  const above = before !== undefined && areNeighbours(before, from)
  const least = edgeText(above ? before : from, edges)
  if (to === null) return `${above ? '>' : '≥'} ${least}`
  if (areNeighbours(from, to)) return least
  return `${above ? '> ' : ''}${least} … ${edgeText(to, edges)}`
}

function categoryLabel(category: string): string {
  const text = category.replaceAll(/\p{C}/gu, '\ufffd')
  const characters = Array.from(text)
  if (characters.length <= longestCategory) return text
  return `${characters.slice(0, longestCategory - 1).join('')}…`
}

/** Whether no number lies between two. Halves, because the sum of two great ones is infinite. */
function areNeighbours(a: number, b: number): boolean {
  const middle = a / 2 + b / 2
  return middle <= a || middle >= b
}

const leastDigits = 3
const mostDigits = 17

function edgeText(edge: number, edges: readonly number[]): string {
  if (Number.isInteger(edge) && Math.abs(edge) < 1e7) return String(edge)
  const at = edges.indexOf(edge)
  const around = [edges[at - 1], edges[at + 1]].filter(
    // What a range of one number ends with is never written.
    (other) => other !== undefined && !areNeighbours(Math.min(edge, other), Math.max(edge, other)),
  )
  for (let digits = leastDigits; digits < mostDigits; digits++) {
    const rounded = Number(edge.toPrecision(digits))
    const told = around.every(
      (other) =>
        Number(other!.toPrecision(digits)) !== rounded && other! > edge === other! > rounded,
    )
    if (told) return String(rounded)
  }
  return String(edge)
}
