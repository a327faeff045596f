import type { Query } from '../query.ts'

export interface ModelRow {
  readonly model: string
  readonly revision: number
  readonly spec: string
  readonly origin: 'file' | 'api' | 'auto'
  readonly hash: string
  readonly createdAt: Date
}

const columns =
  'model, revision, spec, origin, hash, toUnixTimestamp64Milli(created_at) AS created_ms'

/** The newest revision of every model that was stored at `since` (epoch ms) or later. */
export function newestModelRevisions(since: number): Query<ModelRow> {
  return {
    name: 'newest-model-revisions',
    sql: `SELECT ${columns} FROM models FINAL
WHERE created_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
ORDER BY model, revision DESC
LIMIT 1 BY model`,
    params: { since },
    toRow,
  }
}

/** All revisions of one model, newest first. */
export function modelRevisions(model: string): Query<ModelRow> {
  return {
    name: 'model-revisions',
    sql: `SELECT ${columns} FROM models FINAL WHERE model = {model:String} ORDER BY revision DESC`,
    params: { model },
    toRow,
  }
}

const toRow = (raw: Readonly<Record<string, unknown>>): ModelRow => ({
  model: String(raw['model']),
  revision: Number(raw['revision']),
  spec: String(raw['spec']),
  origin: originOf(raw['origin']),
  hash: String(raw['hash']),
  createdAt: new Date(Number(raw['created_ms'])),
})

function originOf(raw: unknown): ModelRow['origin'] {
  return raw === 'file' || raw === 'api' ? raw : 'auto'
}
