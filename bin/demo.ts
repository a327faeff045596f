import { createWriteStream } from 'node:fs'
import { relative } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { startRetrainReceiver, type RetrainReceiver } from '../examples/flights/retrain-receiver.ts'
import type { Message } from '../alerts/message.ts'
import { loadConfig } from '../core/config.ts'
import { AppError } from '../core/errors.ts'
import { createLogger } from '../core/log.ts'
import { fullPlan, lastDay, quickPlan, type DemoPlan } from './demo-plan.ts'
import { demoPort } from './demo-port.ts'
import { trainModel } from './demo-processes.ts'
import { demoReport, whereToLook } from './demo-report.ts'
import { resultsOf } from './demo-results.ts'
import { runReplay } from './demo-run.ts'
import { createScreen, type Screen } from './demo-screen.ts'
import { grouped, type Call } from './demo-story.ts'
import { baselineName, checkWorkspace, createWorkspace, type Workspace } from './demo-workspace.ts'
import { startService, type Service } from './start.ts'

interface DemoOptions {
  readonly data: string
  readonly port?: number
  readonly quick: boolean
  readonly exit: boolean
}

/** `demo`: the whole circle on real data, from a training to a retraining. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('Show the whole circle on three million flights; runs from a checkout.')
    .option('--data <directory>', 'directory of the demo, emptied first', 'data/demo')
    .option('--port <number>', 'port of the API (default: 8080, or a free one)', portNumber)
    .option('--quick', 'replay three and a half weeks instead of five months', false)
    .option('--exit', 'stop after the summary instead of serving on', false)
    .action(async (options: DemoOptions) => {
      const stopping = stopSignal()
      try {
        const happened = await demo(options, stopping.signal)
        process.exitCode = happened ? 0 : 1
      } catch (error) {
        if (!stopping.signal.aborted) throw error
        process.stdout.write('\nInterrupted.\n')
        process.exitCode = 130
      }
    })
}

function portNumber(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError('It must be a number from 0 to 65535.')
}

/** Aborted by Ctrl-C. A terminal and a parent process may both pass it on: the second one is the same. */
function stopSignal(): AbortController {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      stopping.abort()
    })
  }
  return stopping
}

/** True if the story came to its end. */
async function demo(options: DemoOptions, signal: AbortSignal): Promise<boolean> {
  const screen = createScreen(process.stdout, () => performance.now())
  const plan = options.quick ? quickPlan : fullPlan
  const port = await demoPort(options.port)
  await checkWorkspace(options.data)
  screen.print(introduction(plan, options.data))
  const receiver = createReceiver()
  const workspace = await createWorkspace({
    directory: options.data,
    port,
    retrainUrl: (secret) => receiver.start(secret),
  })
  const config = loadConfig({ file: workspace.configFile, env: {} })
  const log = createLogger(config.log, createWriteStream(workspace.logFile))
  let service: Service | null = null
  try {
    service = await startService(config, log)
    const url = service.url
    screen.say(`Tidegauge serves on ${url}, log in ${relative('.', workspace.logFile)}`)
    const run = runDemo({ plan, workspace, screen, url, call: receiver.called, signal })
    const happened = await Promise.race([run, service.failed])
    screen.print(whereToLook(url, relative('.', workspace.configFile)))
    if (!options.exit && !signal.aborted) {
      screen.print('The service goes on until Ctrl-C.')
      await Promise.race([aborted(signal), service.failed])
      screen.print('Stopping …')
    }
    return happened
  } finally {
    await receiver.close()
    await service?.stop()
  }
}

function introduction({ from, faultFrom, ...plan }: DemoPlan, directory: string): string {
  return `Tidegauge demo: a model predicts which flights of 2001 will be late.

  1  Version 1 is trained on January 2001; these flights are what later ones are compared with.
  2  The flights of ${from} to ${lastDay({ from, faultFrom, ...plan })} are replayed over HTTP as fast as the service takes them:
     predictions first, what became of the flights a day later. The season drifts by itself.
  3  A fault is INJECTED: from ${faultFrom} on, distances are sent in kilometres instead of miles.
  4  The alert calls a webhook. Its receiver checks the signature, trains version 2 on the feed as
     it then is, and puts it into service.

All files go to ${directory}, which is emptied now.
`
}

interface DemoRun {
  readonly plan: DemoPlan
  readonly workspace: Workspace
  readonly screen: Screen
  readonly url: string
  readonly call: Promise<Call>
  readonly signal: AbortSignal
}

/** Training, replay and summary. */
async function runDemo(run: DemoRun): Promise<boolean> {
  const { workspace, screen, signal, url } = run
  const began = performance.now()
  screen.say('training version 1 on January 2001 …')
  const report = await trainModel(
    ['--directory', `${workspace.directory}/flights`, '--name', baselineName('1')],
    signal,
  )
  const auc = report.holdoutAuc.toFixed(3)
  screen.say(`trained on ${grouped(report.flights)} flights, area under the ROC curve ${auc}`)
  const results = resultsOf(url)
  const { moments, webhookMs, sent, problem } = await runReplay({ ...run, results })
  screen.endProgress()
  const tookMs = performance.now() - began
  screen.print(await demoReport(results, { plan: run.plan, sent, tookMs, moments, webhookMs }))
  if (problem === null) screen.print('\nFound, told, verified, retrained, recovered.')
  else screen.print(`\nThe demo did not come to its end: ${problem}`)
  return problem === null
}

/** The other end of the webhook, up before its address is written into the model file. */
function createReceiver(): {
  readonly start: (secret: string) => Promise<string>
  readonly called: Promise<Call>
  readonly close: () => Promise<void>
} {
  let receiver: RetrainReceiver | null = null
  let called: (call: Call) => void = () => undefined
  let refused: (error: AppError) => void = () => undefined
  const call = new Promise<Call>((resolve, reject) => {
    called = resolve
    refused = reject
  })
  // Nobody listens yet when a call is refused before the fault.
  call.catch(() => undefined)
  return {
    called: call,
    start: async (secret) => {
      receiver = await startRetrainReceiver({
        secret,
        onRetrain: async (payload, delivery) => {
          const message = payload as Message
          const { type, data } = message
          if (type === 'tidegauge.alert.firing' && data.state === 'critical') {
            called({ message, delivery })
          }
        },
        onRefused: (reason) => {
          refused(new AppError('UNAUTHENTICATED', `a webhook's signature is not right: ${reason}`))
        },
      })
      return receiver.url
    },
    close: async () => receiver?.close(),
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => {
      resolve()
    })
  })
