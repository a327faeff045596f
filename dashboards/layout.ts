import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  type AnnotationQuery,
  DashboardCursorSync,
  type Panel,
  type RowPanel,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { type ClassicDashboard, classicDashboard } from './classic-dashboard.ts'
import { setLink, tag, uids } from './drill-down.ts'

/** A panel, or several below each other, and the part of the 24 columns that it takes. */
export type Placed = readonly [
  panel: Builder<Panel> | readonly [Builder<Panel>, ...Builder<Panel>[]],
  width: number,
]

/** Panels of one height, side by side; beyond 24 columns they go on in the next line. */
export interface Line {
  readonly height: number
  readonly panels: readonly Placed[]
}

/** Lines under a heading; a collapsed one asks the store nothing until it is opened. */
export interface Section {
  readonly title: string
  readonly collapsed?: boolean
  readonly lines: readonly Line[]
}

export interface DashboardDefinition {
  readonly key: keyof typeof uids
  readonly title: string
  /** Who it is for and what it answers. */
  readonly description: string
  /** How far back it looks at first. */
  readonly since?: string
  readonly variables: readonly Builder<VariableModel>[]
  readonly annotations: readonly Builder<AnnotationQuery>[]
  readonly sections: readonly Section[]
}

/** Columns of Grafana's grid. */
const gridWidth = 24

/** A whole dashboard: panels placed, each with an id of its own that stays when others come or go. */
export function dashboard(definition: DashboardDefinition): ClassicDashboard {
  const builder = classicDashboard(`Tidegauge / ${definition.title}`)
    .uid(uids[definition.key])
    .description(definition.description)
    .tags([tag])
    .readonly()
    .timezone('browser')
    .time({ from: definition.since ?? 'now-24h', to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([...definition.variables])
    .annotations([...definition.annotations])
    .link(setLink())
  return { ...builder.build(), panels: placedSections(definition.sections) }
}

function placedSections(sections: readonly Section[]): (Panel | RowPanel)[] {
  const placed: (Panel | RowPanel)[] = []
  let y = 0
  for (const { title, collapsed = false, lines } of sections) {
    const panels = placedLines(lines, y + 1)
    placed.push({
      type: 'row',
      id: panelId(`row ${title}`),
      title,
      collapsed,
      gridPos: { x: 0, y, w: gridWidth, h: 1 },
      panels: collapsed ? panels : [],
    })
    if (!collapsed) placed.push(...panels)
    const bottoms = panels.map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0))
    y = collapsed ? y + 1 : Math.max(y + 1, ...bottoms)
  }
  return placed
}

function placedLines(lines: readonly Line[], top: number): Panel[] {
  const placed: Panel[] = []
  let y = top
  for (const { height, panels } of lines) {
    let x = 0
    for (const [column, width] of panels) {
      if (x + width > gridWidth) {
        x = 0
        y += height
      }
      const builders = 'build' in column ? [column] : column
      const h = height / builders.length
      for (const [row, builder] of builders.entries()) {
        const panel = builder.build()
        const id = panelId(panel.title ?? '')
        placed.push({ ...panel, id, gridPos: { x, y: y + row * h, w: width, h } })
      }
      x += width
    }
    y += height
  }
  return placed
}

/** The id of a panel, from its title (FNV-1a): alert rules and shared links name it. */
export function panelId(title: string): number {
  let hash = 0x811c9dc5
  for (const character of title) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  }
  return 1 + (hash % 999_999)
}
