import { createHash } from 'node:crypto'

/**
 * Which models are this process's to evaluate; asked anew at every look. Two processes that both think
 * so write the same rows: nothing but work is lost.
 */
export type Ownership = (model: string) => boolean

export const ownsEverything: Ownership = () => true

/** Where a model belongs among `parts`: the same number in every process and every version of this program. */
export function partOf(model: string, parts: number): number {
  return createHash('sha256').update(model).digest().readUInt32BE() % parts
}

/** One of `count` processes that share all models out by name; `index` counts from 0. */
export const ownsShard =
  ({ index, count }: { readonly index: number; readonly count: number }): Ownership =>
  (model) =>
    partOf(model, count) === index

/**
 * Models by partitions of a control topic: who was assigned a partition owns its models. `assigned` is
 * asked each time, and is empty as soon as the membership is in doubt.
 */
export const ownsPartitions =
  (count: () => number, assigned: () => ReadonlySet<number>): Ownership =>
  (model) =>
    count() > 0 && assigned().has(partOf(model, count()))
