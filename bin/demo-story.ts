import { setTimeout as sleep } from 'node:timers/promises'
import type { Delivery } from '../examples/flights/retrain-receiver.ts'
import type { Message } from '../alerts/message.ts'
import { binText } from '../alerts/summary.ts'
import { AppError } from '../core/errors.ts'
import { afterDays, dayText, trainingDays, type DemoPlan } from './demo-plan.ts'
import { trainModel, type Replay } from './demo-processes.ts'
import type { Metric, Results, Transition } from './demo-results.ts'
import type { Screen } from './demo-screen.ts'
import { baselineName, type Workspace } from './demo-workspace.ts'

export interface StoryDeps {
  readonly plan: DemoPlan
  readonly workspace: Workspace
  readonly results: Results
  readonly replay: Replay
  readonly screen: Screen
  readonly signal: AbortSignal
}

/** One thing that happened, epoch ms. */
export interface Moment {
  readonly what: string
  readonly at: number
  readonly detail: string
}

export interface Call {
  readonly message: Message
  readonly delivery: Delivery
}

/** How often the service is asked, ms. */
const lookMs = 1000

/** Tells every change of an alert of the whole model, once. */
export interface AlertTeller {
  /** What is new by now. */
  readonly look: () => Promise<void>
  /** Looks again and again until aborted. */
  readonly run: () => Promise<void>
}

export function createAlertTeller({
  results,
  screen,
  signal,
}: Pick<StoryDeps, 'results' | 'screen' | 'signal'>): AlertTeller {
  const told = new Set<string>()
  const look = async (): Promise<void> => {
    for (const transition of await results.transitions()) {
      const { transition_id: id, slice, from_state: from, to_state: to } = transition
      if (told.has(id) || slice !== '') continue
      told.add(id)
      // An alert that never fired has told nobody.
      if (to === 'pending' || (from === 'pending' && to === 'ok')) continue
      screen.say(alertText(transition), to === 'critical' ? 'bad' : 'plain')
    }
  }
  return {
    look,
    run: async () => {
      while (!signal.aborted) {
        await look()
        await sleep(lookMs, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}

function alertText({ monitor, feature, evidence, ...transition }: Transition): string {
  const days = Date.parse(transition.window_end) - Date.parse(transition.window_start)
  const period = days > 86_400_000 ? 'week of' : 'day'
  const value = evidence.value?.toFixed(2) ?? '-'
  const statistic = `${(evidence.metric ?? '').toUpperCase()} ${value}`
  const [bin] = evidence.contributions ?? []
  return [
    `alert  ${transition.to_state.padEnd(8)}`,
    `version ${transition.version}`,
    monitor.padEnd(14),
    feature.padEnd(12),
    statistic.padEnd(8),
    `${period} ${transition.window_start.slice(0, 10)}`,
    ...(bin === undefined ? [] : [binText(bin)]),
  ].join('  ')
}

/** The first day's PSI and KS distance that are critical, as the service stored them. */
export async function untilBreach(deps: StoryDeps, patienceMs: number): Promise<Moment[]> {
  return until(deps, patienceMs, 'no alert on the injected fault', async () => {
    const critical = (await deps.results.transitions()).filter(
      ({ to_state, feature, slice }) =>
        to_state === 'critical' && feature === 'distance' && slice === '',
    )
    const moments = ['psi', 'ks'].map((metric) => {
      const found = critical.find(({ evidence }) => evidence.metric === metric)
      return found === undefined ? null : breachMoment(found)
    })
    return moments.every((moment) => moment !== null) ? moments : null
  })
}

function breachMoment({ evidence, window_start, created_at }: Transition): Moment {
  const name = (evidence.metric ?? '').toUpperCase()
  return {
    what: `${name} of distance critical`,
    at: Date.parse(created_at),
    detail: `${evidence.value?.toFixed(3) ?? '-'} ${evidence.threshold ?? ''}, day ${window_start.slice(0, 10)}`,
  }
}

/** Trains version 2 on the feed as it is since the breach, and puts it into service. */
export async function retrain(deps: StoryDeps, { message }: Call): Promise<Moment[]> {
  const { plan, workspace, replay, results, screen, signal } = deps
  const from = message.data.window.start.slice(0, 10)
  const to = afterDays(from, trainingDays)
  screen.say(`retraining: waits until the flights of ${from} to ${afterDays(to, -1)} are there`)
  await until(deps, 120_000, `the replay did not reach ${to}`, async () =>
    replay.progress().until >= Date.parse(to) ? true : null,
  )
  const report = await trainModel(
    [
      ...['--directory', `${workspace.directory}/flights`, '--version', '2', '--from', from],
      ...['--to', to, '--kilometres-from', plan.faultFrom, '--name', baselineName('2')],
    ],
    signal,
  )
  const trained: Moment = {
    what: 'version 2 trained',
    at: Date.now(),
    detail: `${grouped(report.flights)} flights, AUC ${report.holdoutAuc.toFixed(3)}`,
  }
  // Its baseline first: its first window is compared with its own training data already.
  const definition = { file: workspace.baselineFile('2') }
  await results.createBaseline({ name: 'training', version: '2', definition })
  screen.say('version 2: its training flights are registered as its baseline')
  replay.deploy(workspace.modelFile('2'))
  return [trained]
}

/** The first day on which version 2 alone served and nothing is left of the drift. */
export async function untilRecovery(deps: StoryDeps, patienceMs: number): Promise<Moment> {
  const filter = { feature: 'distance', slice: '', window: '1d', version: '2', status: 'ok' }
  return until(deps, patienceMs, 'version 2 shows no recovery', async () => {
    const psi = await deps.results.metrics({ ...filter, metric: 'psi' })
    const ks = await deps.results.metrics({ ...filter, metric: 'ks' })
    const quiet = psi.find(
      (row) => isBelow(row, 0.1) && isBelow(ks.find(sameWindow(row)), 0.05) && row.n_current > 500,
    )
    if (quiet === undefined) return null
    return {
      what: 'recovered: version 2 shows no drift',
      at: Date.now(),
      detail: `PSI of distance ${quiet.value?.toFixed(4) ?? '-'}, day ${quiet.window_start.slice(0, 10)}`,
    }
  })
}

const isBelow = (row: Metric | undefined, limit: number): boolean =>
  row?.value !== null && row !== undefined && row.value < limit

const sameWindow =
  ({ window_start }: Metric) =>
  (row: Metric): boolean =>
    row.window_start === window_start

/** Asks until there is an answer; AppError with `otherwise` once patience is over. */
export async function until<T>(
  { signal, replay }: Pick<StoryDeps, 'signal' | 'replay'>,
  patienceMs: number,
  otherwise: string,
  ask: () => Promise<T | null>,
): Promise<T> {
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (performance.now() > giveUpAt) {
      const reached = dayText(replay.progress().until)
      throw new AppError(
        'SERVICE_UNREACHABLE',
        `${otherwise} within ${Math.round(patienceMs / 1000)} s (the replay has reached ${reached})`,
      )
    }
    await sleep(lookMs / 4, undefined, { signal })
  }
}

/** 1234567 as 1 234 567. */
export const grouped = (n: number): string => String(n).replaceAll(/\B(?=(\d{3})+$)/g, ' ')
