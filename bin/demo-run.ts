import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'
import { dayText, type DemoPlan } from './demo-plan.ts'
import { startReplay, type Replay, type ReplayProgress } from './demo-processes.ts'
import type { Results } from './demo-results.ts'
import type { Screen } from './demo-screen.ts'
import {
  createAlertTeller,
  grouped,
  retrain,
  until,
  untilBreach,
  untilRecovery,
  type Call,
  type Moment,
  type StoryDeps,
} from './demo-story.ts'
import type { Workspace } from './demo-workspace.ts'

export interface ReplayRunInput {
  readonly plan: DemoPlan
  readonly workspace: Workspace
  readonly screen: Screen
  readonly url: string
  readonly results: Results
  /** The first call of the webhook whose signature was right. */
  readonly call: Promise<Call>
  readonly signal: AbortSignal
}

export interface ReplayRun {
  /** In order of time. */
  readonly moments: readonly Moment[]
  /** From the stored alert to its verified webhook; null if none came. */
  readonly webhookMs: number | null
  readonly sent: ReplayProgress
  /** Why the story did not come to its end; null if it did. */
  readonly problem: string | null
}

/** How long the alert, its webhook and the recovery are waited for, ms. Each takes seconds. */
const patienceMs = 180_000

/** Replays the plan and follows what comes of it, to the recovery or to what did not happen. */
export async function runReplay(input: ReplayRunInput): Promise<ReplayRun> {
  const moments: Moment[] = []
  const told = new AbortController()
  const watched = watchReplay(input, moments)
  const deps: StoryDeps = {
    ...input,
    replay: watched.replay,
    signal: AbortSignal.any([input.signal, told.signal]),
  }
  const alerts = createAlertTeller(deps)
  const telling = alerts.run()
  // Awaited at the end; when the demo is broken off, the service it asks goes away under it.
  telling.catch(() => undefined)
  let webhookMs: number | null = null
  const story = async (): Promise<void> => {
    await until(deps, 600_000, 'the injected fault was not reached', async () =>
      watched.isFaulty() ? true : null,
    )
    const [breaches, call] = await Promise.all([untilBreach(deps, patienceMs), called(deps, input)])
    moments.push(...breaches, webhookMoment(call))
    webhookMs = Math.max(0, delayOf(breaches, call))
    await alerts.look()
    tell(input.screen, webhookMoment(call))
    for (const moment of await retrain(deps, call)) add(input.screen, moments, moment)
    add(input.screen, moments, await untilRecovery(deps, patienceMs))
  }
  let problem: string | null = null
  try {
    await Promise.all([story(), watched.replay.done])
  } catch (error) {
    if (!(error instanceof AppError) || input.signal.aborted) throw error
    problem = error.message
  } finally {
    told.abort()
  }
  await telling
  moments.sort((a, b) => a.at - b.at)
  return { moments, webhookMs, sent: watched.replay.progress(), problem }
}

function watchReplay(
  { plan, workspace, screen, url, signal }: ReplayRunInput,
  moments: Moment[],
): { readonly replay: Replay; readonly isFaulty: () => boolean } {
  const [from, to, fault] = [plan.from, plan.to, plan.faultFrom].map((day) => Date.parse(day))
  let isFaulty = false
  let version = '1'
  const replay = startReplay(
    [
      ...['--url', url, '--features', workspace.features, '--model', workspace.modelFile('1')],
      ...['--from', plan.from, '--to', plan.to, '--wait-at', plan.waitAt],
      ...['--kilometres-from', plan.faultFrom],
    ],
    {
      onDay: (line) => {
        if (!isFaulty && line.until >= (fault ?? 0)) {
          isFaulty = true
          const what = 'FAULT INJECTED: distance in km'
          moments.push({ what, at: Date.now(), detail: `from ${plan.faultFrom} on` })
          screen.say(`FAULT INJECTED by this demo: distance in kilometres from now on`, 'bad')
        }
        if (line.version !== version) {
          version = line.version
          const detail = `from ${dayText(line.until)} on`
          add(screen, moments, { what: `version ${version} in service`, at: Date.now(), detail })
        }
        const { events, labels, sendingMs } = replay.progress()
        const rate = grouped(Math.round((1000 * (events + labels)) / sendingMs))
        screen.progress(
          (line.until - (from ?? 0)) / ((to ?? 0) - (from ?? 0)),
          `${dayText(line.until)}  ${grouped(events)} predictions  ${rate} records/s`,
        )
      },
      onWait: (before) => {
        screen.say(`the replay waits before ${dayText(before)} until version 2 is there`, 'quiet')
      },
    },
    signal,
  )
  return { replay, isFaulty: () => isFaulty }
}

/** The webhook, or why it did not come, as the service tells it. */
async function called(deps: StoryDeps, { call }: ReplayRunInput): Promise<Call> {
  const late = sleep(patienceMs, null, { signal: deps.signal, ref: false })
  const arrived = await Promise.race([call, late])
  if (arrived !== null) return arrived
  const deliveries = await deps.results.deliveries()
  const states = deliveries.map(({ state, last_error: error }) => `${state} ${error}`.trim())
  const seen = states.length === 0 ? 'no delivery was planned' : `deliveries: ${states.join(', ')}`
  throw new AppError(
    'SERVICE_UNREACHABLE',
    `no webhook arrived within ${patienceMs / 1000} s; ${seen}`,
  )
}

const webhookMoment = ({ delivery, message }: Call): Moment => ({
  what: 'webhook arrived, signature verified',
  at: delivery.receivedAt.getTime(),
  detail: `${message.data.monitor}, ${delivery.id.slice(0, 16)}…`,
})

/** From the alert that the webhook is about. */
function delayOf(breaches: readonly Moment[], { delivery }: Call): number {
  const first = breaches.reduce((least, { at }) => Math.min(least, at), Infinity)
  return delivery.receivedAt.getTime() - first
}

function add(screen: Screen, moments: Moment[], moment: Moment): void {
  moments.push(moment)
  tell(screen, moment)
}

const tell = (screen: Screen, { what, detail }: Moment): void => {
  screen.say(`${what} (${detail})`, 'good')
}
