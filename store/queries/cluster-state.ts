import type { Query } from '../query.ts'

export interface ClusterState {
  /** Nodes that the cluster's definition names; 0 where the server does not know it. */
  readonly nodes: number
  /** Tables of the database that take no inserts on this node: it has lost Keeper, or its replica is broken. */
  readonly readOnlyTables: number
}

const sql = `
SELECT
  (SELECT count() FROM system.clusters WHERE cluster = {cluster:String}) AS nodes,
  (SELECT count() FROM system.replicas WHERE database = currentDatabase() AND is_readonly) AS read_only`

/** A cluster as the node that answers knows it. */
export function clusterState(cluster: string): Query<ClusterState> {
  return {
    name: 'cluster-state',
    sql,
    params: { cluster },
    toRow: (raw) => ({ nodes: Number(raw['nodes']), readOnlyTables: Number(raw['read_only']) }),
  }
}
