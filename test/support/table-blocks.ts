import { modelSpec } from '../../core/model-spec.ts'
import type { TableDefinition } from '../../store/ddl.ts'
import { initialTables } from '../../store/migrations/0001-initial.ts'
import { halvesTable, messageColumns } from '../../store/migrations/0002-messages.ts'
import { outcomesTable, outcomeWindowsTable } from '../../store/migrations/0003-label-windows.ts'
import {
  mirroredLettersTable,
  partitionHaltsTable,
} from '../../store/migrations/0004-partition-halts.ts'
import { outlierModelsTable } from '../../store/migrations/0005-outlier-models.ts'
import {
  sequentialRulesTable,
  sequentialStatesTable,
} from '../../store/migrations/0006-sequential-states.ts'
import { eventsTable } from '../../store/tables/events-table.ts'

/** A model with one feature of each kind: what the documentation shows as `events_<model>`. */
const example = modelSpec({
  model: 'example',
  task: 'binary_classification',
  features: { amount: 'numeric', country: 'categorical' },
  outliers: {},
})

/** What docs/data-model.md says of each table's shape, by table name; `events_<model>` by that name. */
export function tableBlocks(): Map<string, string> {
  const events = { ...eventsTable(example), name: 'events_<model>' }
  const tables = [
    events,
    ...initialTables,
    halvesTable,
    outcomesTable,
    outcomeWindowsTable,
    partitionHaltsTable,
    mirroredLettersTable,
    outlierModelsTable,
    sequentialStatesTable,
    sequentialRulesTable,
  ]
  const later: Readonly<Record<string, readonly string[]>> = messageColumns
  return new Map(
    tables.map((table) => {
      const columns = [...table.columns, ...(later[table.name] ?? [])]
      return [table.name, block({ ...table, columns })]
    }),
  )
}

function block(table: TableDefinition): string {
  return [
    '```sql',
    ...table.columns.map((column) => `${column},`),
    `-- one row a key ${table.orderBy}, the greatest ${table.replacing} wins`,
    ...(table.partitionBy === undefined ? [] : [`-- partition ${table.partitionBy}`]),
    ...(table.ttl === undefined ? [] : [`-- kept until ${table.ttl}`]),
    '```',
  ].join('\n')
}
