export interface Member {
  readonly id: string
  /** What it subscribes to: members may differ while new topics are being found. */
  readonly topics: readonly string[]
}

/**
 * Shares out partitions: each goes to the member that has the fewest so far among those that
 * subscribe to its topic. The same input has the same outcome, whoever leads the group. Partitions by
 * topic by member; every member is in it.
 */
export function assignPartitions(
  members: readonly Member[],
  partitions: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, ReadonlyMap<string, readonly number[]>> {
  const ordered = [...members].sort((a, b) => (a.id < b.id ? -1 : 1))
  const shares = ordered.map(({ id, topics }) => ({
    id,
    topics: new Set(topics),
    count: 0,
    assigned: new Map<string, number[]>(),
  }))
  for (const [topic, numbers] of [...partitions].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const able = shares.filter(({ topics }) => topics.has(topic))
    for (const number of [...numbers].sort((a, b) => a - b)) {
      const least = able.reduce<(typeof able)[number] | undefined>(
        (best, share) => (best === undefined || share.count < best.count ? share : best),
        undefined,
      )
      if (least === undefined) continue
      least.count++
      least.assigned.set(topic, [...(least.assigned.get(topic) ?? []), number])
    }
  }
  return new Map(shares.map(({ id, assigned }) => [id, assigned]))
}
