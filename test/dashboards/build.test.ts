import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { expect, test } from 'vitest'
import { dashboardFiles } from '../../dashboards/build.ts'
import { stateNumbers } from '../../dashboards/panel-frame.ts'
import { alertStates } from '../../core/names.ts'
import { driftMetrics, shown, tables } from '../../core/stored-names.ts'
import { metricNames } from '../../detectors/metric-names.ts'
import { tableBlocks } from '../support/table-blocks.ts'
import { isRow, panelsOf, queriesOf, targetsOf, variablesOf } from './dashboard-queries.ts'
import { dashboardValidator } from './dashboard-schema.ts'

type Json = Record<string, unknown>

const dashboards = dashboardFiles().map(
  ({ text, dashboard }) => [dashboard.uid ?? '', JSON.parse(text) as typeof dashboard] as const,
)
const panels = dashboards.flatMap(([uid, dashboard]) =>
  panelsOf(dashboard).map((panel) => [`${uid}: ${panel.title ?? ''}`, panel, dashboard] as const),
)

test('there are seven, each with an address that stays', () => {
  expect(dashboards.map(([uid]) => uid)).toEqual([
    'tidegauge-fleet',
    'tidegauge-model',
    'tidegauge-feature',
    'tidegauge-slices',
    'tidegauge-alerts',
    'tidegauge-pipeline',
    'tidegauge-embedded',
  ])
})

const validate = dashboardValidator()

test.each(dashboards)('%s is a dashboard by the published schema', (_, dashboard) => {
  expect(validate(dashboard)).toEqual([])
})

test('the schema finds what is planted', () => {
  const planted = structuredClone(dashboards[0]![1]) as unknown as { panels: Json[] }
  planted.panels[1]!['gridPos'] = { x: 0, y: 0, w: '12', h: 8 }
  planted.panels[2]!['colour'] = 'red'
  const places = validate(planted).map((problem) => problem.split(' ')[0])
  expect([...new Set(places)]).toEqual(expect.arrayContaining(['/panels/1/gridPos/w', '/panels/2']))
})

test.each(panels)('%s says what it asks, its unit, and what nothing means', (_, panel) => {
  const { title, description, fieldConfig, datasource } = panel
  expect(title).not.toBe('')
  expect(description ?? '', 'the question').toMatch(/\?/)
  expect(fieldConfig?.defaults.unit ?? '', 'the unit').not.toBe('')
  expect(fieldConfig?.defaults.noValue ?? '', 'a hint').toMatch(/[.?`]$/)
  expect(datasource?.uid).toMatch(/^\$\{(datasource|prometheus)\}$/)
  expect(targetsOf(panel).length).toBeGreaterThan(0)
  for (const target of targetsOf(panel)) expect(target.datasource?.uid).toBe(datasource?.uid)
  const refs = targetsOf(panel).map(({ refId }) => refId)
  expect(new Set(refs).size).toBe(refs.length)
})

test.each(panels.filter(([, { type }]) => ['timeseries', 'barchart'].includes(type)))(
  '%s has a legend',
  (_, panel) => {
    const { legend } = panel.options as { legend: { showLegend: boolean } }
    expect(legend.showLegend).toBe(true)
    const named = targetsOf(panel).every(({ legendFormat }) => (legendFormat ?? '') !== '')
    const { displayName } = panel.fieldConfig?.defaults ?? {}
    if (panel.type === 'timeseries') expect(named || displayName !== undefined).toBe(true)
  },
)

test.each(dashboards)('%s has panels with ids of their own that do not overlap', (_, dashboard) => {
  const all = (dashboard.panels ?? []).flatMap((panel) =>
    isRow(panel) ? [panel, ...panel.panels] : [panel],
  )
  const ids = all.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const cells = all.flatMap(({ gridPos }) => {
    const { x, y, w, h } = gridPos!
    expect(x + w).toBeLessThanOrEqual(24)
    expect(Number.isInteger(h)).toBe(true)
    return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`)
  })
  const collapsed = (dashboard.panels ?? []).flatMap((panel) => (isRow(panel) ? panel.panels : []))
  // Below a collapsed row its panels share their places with what follows.
  if (collapsed.length === 0) expect(new Set(cells).size).toBe(cells.length)
})

test.each(dashboards)(
  '%s is read-only, refreshed, tagged and linked to the others',
  (_, dashboard) => {
    expect(dashboard).toMatchObject({
      editable: false,
      refresh: '30s',
      graphTooltip: 1,
      tags: ['tidegauge'],
      links: [
        {
          type: 'dashboards',
          tags: ['tidegauge'],
          asDropdown: true,
          keepTime: true,
          includeVars: true,
        },
      ],
    })
    expect(dashboard.description).toMatch(/\.$/)
    for (const { name } of variablesOf(dashboard)) expect(name).toMatch(/^[a-z]+$/)
  },
)

test.each(dashboards)(
  'the variables of %s are all there, in the order they hang on each other',
  (_, dashboard) => {
    const known: string[] = []
    for (const { name, sql } of variablesOf(dashboard)) {
      expect(variablesIn(sql ?? '').filter((used) => !known.includes(used))).toEqual([])
      known.push(name)
    }
    const used = variablesIn(JSON.stringify(dashboard.panels)).filter(
      (name) => !name.startsWith('__'),
    )
    expect(used.filter((name) => !known.includes(name))).toEqual([])
  },
)

test('what is shared with links is called the same everywhere', () => {
  const variables = dashboards.flatMap(([, { templating }]) => templating.list ?? [])
  const labels = variables.map(({ name, label }) => `${name}=${label ?? ''}`)
  expect(new Set(labels).size).toBe(new Set(variables.map(({ name }) => name)).size)
})

const links = panels.flatMap(([name, panel, dashboard]) =>
  linksOf(panel).map((url) => [`${name} → ${url.slice(0, 60)}`, url, panel, dashboard] as const),
)

test.each(links)('link %s resolves and keeps what it can', (_, url, panel, dashboard) => {
  const { pathname, search } = new URL(url, 'http://grafana')
  const target = dashboards.find(([uid]) => pathname === `/d/${uid}`)
  expect(target, 'the dashboard it leads to').toBeDefined()
  const there = variablesOf(target![1]).map(({ name }) => name)
  const here = variablesOf(dashboard).map(({ name }) => name)
  const parts = decodeURIComponent(search.slice(1)).split('&')
  expect(parts[0]).toBe('${__url_time_range}')
  for (const part of parts.slice(1)) {
    const { kept, variable, column } = partOfLink(part)
    expect(there).toContain(kept ?? variable)
    if (kept !== undefined) expect(here).toContain(kept)
    else expect(targetsOf(panel)[0]?.rawSql).toMatch(new RegExp(`\\b${column ?? part}\\b`))
  }
})

interface PartOfLink {
  readonly kept?: string | undefined
  readonly variable?: string | undefined
  readonly column?: string | undefined
}

function partOfLink(part: string): PartOfLink {
  const [, kept] = /^\$\{(\w+):queryparam\}$/.exec(part) ?? []
  const [, variable, cell, label] =
    /^var-(\w+)=\$\{__(?:data\.fields\["(\w+)"\]|field\.labels\.(\w+)):percentencode\}$/.exec(
      part,
    ) ?? []
  return { kept, variable, column: cell ?? label }
}

test('links lead from the whole to the part', () => {
  const led = new Set(
    links.map(([, url, , { uid }]) => `${uid ?? ''} → ${url.split('?')[0] ?? ''}`),
  )
  expect([...led]).toEqual(
    expect.arrayContaining([
      'tidegauge-fleet → /d/tidegauge-model',
      'tidegauge-fleet → /d/tidegauge-feature',
      'tidegauge-model → /d/tidegauge-feature',
      'tidegauge-feature → /d/tidegauge-slices',
      'tidegauge-slices → /d/tidegauge-feature',
    ]),
  )
})

test('queries read tables and metrics that there are', () => {
  for (const table of Object.values(tables)) expect([...tableBlocks().keys()]).toContain(table)
  for (const metric of [...Object.values(shown), ...driftMetrics])
    expect(metricNames).toContain(metric)
  for (const [, dashboard] of dashboards)
    for (const { name, sql } of queriesOf(dashboard))
      expect(sql, name).not.toMatch(/\bFROM (?![`(]|merge\()/)
})

test('states are numbered from harmless to bad', () => {
  expect(Object.keys(stateNumbers)).toEqual([...alertStates])
})

function variablesIn(text: string): string[] {
  const found = [...text.matchAll(/\$\{(\w+)[^}]*\}|\$(?!__)([a-z]\w*)/g)]
  return [...new Set(found.map(([, braced, bare]) => braced ?? bare ?? ''))].filter(
    (name) => !name.startsWith('__'),
  )
}

function linksOf(panel: Panel): string[] {
  const text = JSON.stringify(panel.fieldConfig ?? {})
  return [...text.matchAll(/"url":"((?:[^"\\]|\\.)*)"/g)].map(
    ([, url]) => JSON.parse(`"${url ?? ''}"`) as string,
  )
}
