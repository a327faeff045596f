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

/** The newest revision of every model, or all revisions of one, newest first. */
export function modelRevisions(model: string | null): Query<ModelRow> {
  return {
    name: 'model-revisions',
    sql:
      model === null
        ? `SELECT ${columns} FROM models FINAL ORDER BY model, revision DESC LIMIT 1 BY model`
        : `SELECT ${columns} FROM models FINAL WHERE model = {model:String} ORDER BY revision DESC`,
    params: model === null ? {} : { model },
    toRow: (raw) => ({
      model: String(raw['model']),
      revision: Number(raw['revision']),
      spec: String(raw['spec']),
      origin: originOf(raw['origin']),
      hash: String(raw['hash']),
      createdAt: new Date(Number(raw['created_ms'])),
    }),
  }
}

function originOf(raw: unknown): ModelRow['origin'] {
  return raw === 'file' || raw === 'api' ? raw : 'auto'
}
