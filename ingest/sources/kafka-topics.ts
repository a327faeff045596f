import type { Config } from '../../core/config.ts'

type Source = Config['kafka']['sources'][number]

/**
 * The topics of a cluster that are read, with the entry that says how: of several the first. A pattern
 * must match the whole name. Patterns come from the operator's own configuration, so the expressions
 * of the language serve: one that takes for ever stops the operator's own start, on names that have at
 * most 249 characters.
 */
export function matchedTopics(
  topics: readonly string[],
  sources: readonly Source[],
): ReadonlyMap<string, Source> {
  const matchers = sources.map((source) => ({ source, matches: matcher(source) }))
  return new Map(
    [...topics].sort().flatMap((topic) => {
      const found = matchers.find(({ matches }) => matches(topic))
      return found === undefined ? [] : [[topic, found.source]]
    }),
  )
}

function matcher({ topic, pattern }: Source): (name: string) => boolean {
  if (topic !== undefined) return (name) => name === topic
  const whole = new RegExp(`^(?:${pattern ?? ''})$`, 'u')
  return (name) => !name.startsWith('__') && whole.test(name)
}

/** Topics named by the configuration that the cluster does not have (yet). */
export function missingTopics(topics: readonly string[], sources: readonly Source[]): string[] {
  const present = new Set(topics)
  return sources.flatMap(({ topic }) => (topic === undefined || present.has(topic) ? [] : [topic]))
}
