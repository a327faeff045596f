import type { BinningRow } from '../binning.ts'
import type { Query } from '../query.ts'

const sql = `
SELECT binning, kind, feature, definition
FROM binnings FINAL
WHERE model = {model:String}
  AND binning = (SELECT max(binning) FROM binnings WHERE model = {model:String})
ORDER BY kind, feature`

/** The rows of a model's newest binning; none before the first is frozen. */
export function newestBinning(model: string): Query<BinningRow> {
  return {
    name: 'newest-binning',
    sql,
    params: { model },
    toRow: (raw) => ({
      binning: Number(raw['binning']),
      kind: String(raw['kind']),
      feature: String(raw['feature']),
      definition: String(raw['definition']),
    }),
  }
}
