import { PanelBuilder as BarChartBuilder } from '@grafana/grafana-foundation-sdk/barchart'
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import {
  AxisPlacement,
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  type DataSourceRef,
  HeatmapCellLayout,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingMode,
  TableCellDisplayMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  type DashboardLinkBuilder,
  type DynamicConfigValue,
  MappingType,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  PanelBuilder as HeatmapBuilder,
  RowsHeatmapOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { dataSource } from './clickhouse-query.ts'

/** What every panel says of itself. */
export interface Frame {
  readonly title: string
  /** The question it answers, and what to do about the answer. */
  readonly question: string
  /** What stands there while there is nothing to show: why, and what would change that. */
  readonly nothing: string
  /** Of its numbers, a Grafana unit id. */
  readonly unit: string
  readonly queries: readonly Builder<Dataquery>[]
  /** Where a click leads. */
  readonly links?: readonly DashboardLinkBuilder[]
  /** Default: the ClickHouse data source of the dashboard. */
  readonly source?: DataSourceRef
}

interface Framed extends Builder<Panel> {
  title: (title: string) => unknown
  description: (description: string) => unknown
  datasource: (source: DataSourceRef) => unknown
  noValue: (text: string) => unknown
  unit: (unit: string) => unknown
  targets: (targets: Builder<Dataquery>[]) => unknown
  dataLinks: (links: Builder<ReturnType<DashboardLinkBuilder['build']>>[]) => unknown
}

function framed<B extends Framed>(builder: B, frame: Frame): B {
  builder.title(frame.title)
  builder.description(frame.question)
  builder.datasource(frame.source ?? dataSource)
  builder.noValue(frame.nothing)
  builder.unit(frame.unit)
  builder.targets([...frame.queries])
  if (frame.links !== undefined) builder.dataLinks([...frame.links])
  return builder
}

const legend = () =>
  new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.Table)
    .placement(LegendPlacement.Right)
    .calcs(['lastNotNull', 'max'])
    .sortBy('Last *')
    .sortDesc(true)

const legendBelow = () =>
  new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)

const tooltip = () =>
  new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending)

/** What a label of a series is called in names and links. */
export const label = (name: string): string => `\${__field.labels.${name}}`

export interface Lines extends Frame {
  /** What a line is called; left out where the query says. */
  readonly names?: string
  /** Default true: the axis begins at 0. */
  readonly fromZero?: boolean
}

/** Lines over time; gaps are gaps. */
export function timeSeries({ names, fromZero = true, ...frame }: Lines): TimeSeriesBuilder {
  const builder = framed(new TimeSeriesBuilder(), frame)
  if (names !== undefined) builder.displayName(names)
  if (fromZero) builder.axisSoftMin(0)
  return builder
    .legend(legend())
    .tooltip(tooltip())
    .lineWidth(1)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Auto)
    .overrideByRegexp('/^critical /', dashed('red'))
    .overrideByRegexp('/^warn /', dashed('orange'))
    .overrideByRegexp('/^noise floor/', dashed('gray'))
}

const dashed = (color: string): DynamicConfigValue[] => [
  { id: 'color', value: { mode: 'fixed', fixedColor: color } },
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [10, 10] } },
  { id: 'custom.showPoints', value: 'never' },
]

/** Like `timeSeries`, stacked: the parts of a whole. */
export function stacked(frame: Lines): TimeSeriesBuilder {
  const builder = timeSeries(frame).fillOpacity(60).lineWidth(0)
  return builder.stacking({ build: () => ({ mode: StackingMode.Normal, group: 'A' }) })
}

/** Rows of a table, worst first. `columns` are overrides by column. */
export function table(
  frame: Frame & { readonly columns?: Readonly<Record<string, readonly DynamicConfigValue[]>> },
): TableBuilder {
  const builder = framed(new TableBuilder(), frame).filterable(true)
  for (const [name, properties] of Object.entries(frame.columns ?? {}))
    builder.overrideByName(name, [...properties])
  return builder
}

/** Numbers of one row, a tile each. */
export function stat(frame: Frame): StatBuilder {
  return framed(new StatBuilder(), frame)
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .justifyMode(BigValueJustifyMode.Center)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
}

/** States over time, a row a series. */
export function stateTimeline(frame: Frame & { readonly names: string }): TimelineBuilder {
  return framed(new TimelineBuilder(), frame)
    .displayName(frame.names)
    .mappings(stateMappings)
    .mergeValues(true)
    .showValue(VisibilityMode.Never)
    .rowHeight(0.85)
    .fillOpacity(85)
    .lineWidth(0)
    .legend(legendBelow())
    .tooltip(tooltip())
}

/** A row a series, time to the right, dark where the number is great. */
export function heatmap(frame: Frame & { readonly names: string }): HeatmapBuilder {
  return framed(new HeatmapBuilder(), frame)
    .displayName(frame.names)
    .calculate(false)
    .rowsFrame(new RowsHeatmapOptionsBuilder().layout(HeatmapCellLayout.Unknown).value(frame.title))
    .yAxis(new YAxisConfigBuilder().axisPlacement(AxisPlacement.Left).reverse(true))
    .color(
      new HeatmapColorOptionsBuilder()
        .mode(HeatmapColorMode.Scheme)
        .scheme('Oranges')
        .steps(64)
        .reverse(false)
        .min(0),
    )
    .cellGap(1)
    .showLegend()
}

/** A bar a row and number; the first column names the bars. */
export function barChart(frame: Frame & { readonly x: string }): BarChartBuilder {
  return framed(new BarChartBuilder(), frame)
    .xField(frame.x)
    .xTickLabelMaxLength(16)
    .groupWidth(0.8)
    .barWidth(0.95)
    .fillOpacity(70)
    .showValue(VisibilityMode.Never)
    .legend(legendBelow())
    .tooltip(tooltip())
}

/** Colours from steps: the first from the beginning, each other from its number on. */
export const colours = (first: string, ...steps: (readonly [number, string])[]) =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: first }, ...steps.map(([value, color]) => ({ value, color }))])

/** Alert states as numbers, ascending by how bad they are, under the names of core/names.ts. */
export const stateNumbers = { ok: 0, pending: 1, warn: 2, critical: 3 } as const

const stateColours = { ok: 'green', pending: 'yellow', warn: 'orange', critical: 'red' } as const

export const stateMappings: ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(
      Object.entries(stateNumbers).map(([state, number], index) => [
        String(number),
        { text: state, color: stateColours[state as keyof typeof stateColours], index },
      ]),
    ),
  },
]

/** A column of states by number: coloured by its state. */
export const stateCell: readonly DynamicConfigValue[] = [
  { id: 'mappings', value: stateMappings },
  { id: 'custom.cellOptions', value: { type: TableCellDisplayMode.ColorBackground } },
  { id: 'custom.width', value: 90 },
]

export const unit = (id: string, width?: number): readonly DynamicConfigValue[] => [
  { id: 'unit', value: id },
  ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
]

/** A share or score as a bar, full at `max`. */
export const bar = (id: string, max: number): readonly DynamicConfigValue[] => [
  { id: 'unit', value: id },
  { id: 'min', value: 0 },
  { id: 'max', value: max },
  {
    id: 'custom.cellOptions',
    value: { type: TableCellDisplayMode.Gauge, mode: BarGaugeDisplayMode.Basic },
  },
]

/** A column that links elsewhere than the rest of its row. */
export const linked = (
  ...links: readonly DashboardLinkBuilder[]
): readonly DynamicConfigValue[] => [{ id: 'links', value: links.map((link) => link.build()) }]

/** There for links, not for eyes. */
export const hidden: readonly DynamicConfigValue[] = [{ id: 'custom.hidden', value: true }]
