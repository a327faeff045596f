import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { tables } from '../../core/stored-names.ts'
import { alertRules, ruleSource } from '../../dashboards/alert-rules.ts'
import { dashboardFiles } from '../../dashboards/build.ts'
import { panelsOf } from './dashboard-queries.ts'

const rules = alertRules().groups.flatMap((group) => group.rules)
const page = readFileSync('docs/how-to/grafana.md', 'utf8')

interface Sources {
  readonly datasources: readonly { readonly uid: string; readonly type: string }[]
}

test.each(rules.map((rule) => [rule.title, rule] as const))(
  'rule "%s" leads to a panel and to what to do',
  (_, { dashboardUid, panelId, annotations, data }) => {
    const dashboard = dashboardFiles().find(({ dashboard: { uid } }) => uid === dashboardUid)
    expect(panelsOf(dashboard!.dashboard).map(({ id }) => id)).toContain(panelId)
    const anchor = new URL(annotations.runbook_url).hash.slice(1)
    const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
      text.toLowerCase().replaceAll(' ', '-'),
    )
    expect(headings).toContain(anchor)
    // The backend knows no variables, and Grafana would take ${…} for an environment variable.
    expect(JSON.stringify(data)).not.toMatch(/\$\{|conditionalAll/)
  },
)

test('rules read the data source that is provisioned', () => {
  const file = readFileSync('deploy/grafana/provisioning/datasources/tidegauge.yaml', 'utf8')
  const { datasources } = parse(file) as Sources
  expect(datasources.find(({ uid }) => uid === ruleSource)?.type).toBe(
    'grafana-clickhouse-datasource',
  )
})

test('the read-only user of the page may read what dashboards read', () => {
  for (const table of Object.values(tables)) {
    expect(page).toMatch(new RegExp(`GRANT SELECT.* ON tidegauge\\.${table} TO`))
  }
})
