import type { BinChange } from '../alerts/ports.ts'
import { askService, type ServiceAddress } from './service-request.ts'

export interface Transition {
  readonly transition_id: string
  readonly monitor: string
  readonly version: string
  readonly slice: string
  readonly feature: string
  readonly window_start: string
  readonly window_end: string
  readonly from_state: string
  readonly to_state: string
  readonly evidence: {
    readonly metric?: string
    readonly value?: number | null
    readonly threshold?: string | null
    readonly contributions?: readonly BinChange[]
  }
  readonly created_at: string
}

export interface Metric {
  readonly version: string
  readonly window_start: string
  readonly window_end: string
  readonly slice: string
  readonly feature: string
  readonly value: number | null
  readonly n_current: number
  readonly n_reference: number
}

export interface Delivery {
  readonly delivery_id: string
  readonly state: string
  readonly last_error: string
  readonly created_at: string
}

/** What anybody can ask the service over HTTP: the demo knows no more than that. */
export interface Results {
  /** Changes of alerts that hold, oldest window first. */
  readonly transitions: () => Promise<Transition[]>
  readonly metrics: (filter: Readonly<Record<string, string>>) => Promise<Metric[]>
  readonly deliveries: () => Promise<Delivery[]>
  /** Of each width how many windows were evaluated, and how many rows of metrics that made. */
  readonly evaluated: () => Promise<Evaluated>
  readonly createBaseline: (body: object) => Promise<void>
}

export interface Evaluated {
  readonly windows: ReadonlyMap<string, number>
  readonly metrics: number
}

const model = 'flight-delay'

export function resultsOf(url: string): Results {
  const service: ServiceAddress = { url, patienceMs: 30_000 }
  return {
    transitions: async () => {
      const rows = await pages<Transition>(service, 'v1/alerts/transitions', {
        model,
        valid: 'true',
      })
      return rows.sort((a, b) => Date.parse(a.window_start) - Date.parse(b.window_start))
    },
    metrics: (filter) => pages<Metric>(service, `v1/models/${model}/metrics`, filter),
    deliveries: () => pages<Delivery>(service, 'v1/deliveries', { model }),
    evaluated: async () => {
      const response = await fetch(new URL('/metrics', url))
      return evaluatedIn(await response.text())
    },
    createBaseline: async (body) => {
      await askService(service, {
        path: `v1/models/${model}/baselines`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    },
  }
}

/** All rows of a list that comes in pages. */
async function pages<Row>(
  service: ServiceAddress,
  path: string,
  filter: Readonly<Record<string, string>>,
): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | null = null
  do {
    const query = new URLSearchParams({
      ...filter,
      limit: '10000',
      ...(cursor === null ? {} : { cursor }),
    })
    const page = (await askService(service, { path: `${path}?${query.toString()}` })) as {
      rows: Row[]
      next_cursor: string | null
    }
    rows.push(...page.rows)
    cursor = page.next_cursor
  } while (cursor !== null)
  return rows
}

function evaluatedIn(text: string): Evaluated {
  const windows = new Map<string, number>()
  for (const [, width = '', count] of text.matchAll(
    /^tidegauge_monitor_windows_total\{.*window="(\w+)".*\} (\d+)$/gm,
  )) {
    windows.set(width, Number(count))
  }
  const metrics = /^tidegauge_monitor_metric_rows_total\{.*\} (\d+)$/m.exec(text)?.[1]
  return { windows, metrics: Number(metrics ?? 0) }
}
