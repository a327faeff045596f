/**
 * The newest content of each window that this process has evaluated: computed again and unchanged, it
 * needs nothing more. After a restart everything still pending is evaluated once. The oldest entries are
 * forgotten, which only costs an evaluation.
 */
export class EvaluatedContents {
  readonly #contents = new Map<string, string>()
  static readonly #most = 100_000

  has(window: string, content: string): boolean {
    return this.#contents.get(window) === content
  }

  forget(window: string): void {
    this.#contents.delete(window)
  }

  add(window: string, content: string): void {
    this.#contents.delete(window)
    this.#contents.set(window, content)
    if (this.#contents.size <= EvaluatedContents.#most) return
    for (const oldest of this.#contents.keys()) {
      this.#contents.delete(oldest)
      return
    }
  }
}
