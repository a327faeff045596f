import type { Relation } from './profile-source.ts'

/**
 * The labels of some events as a relation of `event_id` and `label`, Nullable text; binds `model`. The labels
 * of other events are left out as early as can be. PREWHERE: what it asks of is the key, so it may go before
 * rows of one key are compared. The range reads few granules where ids grow with time; a set of hashes is
 * several times faster than one of texts, and an id too many finds no event to join.
 */
export function labelsOfEvents({ from, where }: Relation): string {
  const ids = `${from.replace(/ FINAL$/, '')} WHERE ${where}`
  return `SELECT event_id, toNullable(label) AS label
      FROM labels FINAL
      PREWHERE model = {model:String}
        AND event_id >= (SELECT min(event_id) FROM ${ids})
        AND event_id <= (SELECT max(event_id) FROM ${ids})
        AND cityHash64(event_id) IN (SELECT cityHash64(event_id) FROM ${ids})`
}
