interface Offsets {
  topics: { topic: string; partitions: { partition: number; offset: string }[] }[]
}

/** The part of a consumer that commits. */
interface Committer {
  readonly commitOffsets: (
    offsets: { topic: string; partition: number; offset: string }[],
  ) => Promise<void>
}

type Commit = (offsets: Offsets) => Promise<void>

/**
 * Commits in one attempt. The consumer's own call tries again for a while, and would then commit under
 * a generation that began meanwhile; the one that batches come with does not.
 */
export class CommitOnce {
  readonly #consumer: Committer
  #commit: Commit | null = null

  constructor(consumer: Committer) {
    this.#consumer = consumer
  }

  use(commit: Commit): void {
    this.#commit = commit
  }

  /** A new generation may have a new coordinator. */
  forget(): void {
    this.#commit = null
  }

  async commit(offsets: Offsets): Promise<void> {
    if (this.#commit !== null) {
      await this.#commit(offsets)
      return
    }
    await this.#consumer.commitOffsets(
      offsets.topics.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => ({ topic, partition, offset })),
      ),
    )
  }
}
