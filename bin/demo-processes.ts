import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Deployment, ReplayLine } from '../examples/flights/replay.ts'
import type { TrainingReport } from '../examples/flights/train.ts'
import { AppError } from '../core/errors.ts'

/** How far a replay is. */
export interface ReplayProgress {
  readonly events: number
  readonly labels: number
  readonly rejected: number
  /** Event time of the newest acknowledged prediction, epoch ms; 0 before the first. */
  readonly until: number
  /** Milliseconds in which it sent. */
  readonly sendingMs: number
}

export interface Replay {
  readonly progress: () => ReplayProgress
  /** From the next day on, this model predicts. */
  readonly deploy: (modelFile: string) => void
  /** Rejects when the replay breaks off. */
  readonly done: Promise<void>
}

export interface ReplayListener {
  readonly onDay: (line: { readonly until: number; readonly version: string }) => void
  readonly onWait: (before: number) => void
}

/** Sends flights to a service from a process of its own, so that making them takes no time of it. */
export function startReplay(
  args: readonly string[],
  listener: ReplayListener,
  signal: AbortSignal,
): Replay {
  const child = startExample('replay.ts', args, signal)
  const began = performance.now()
  let waitingSince: number | null = null
  let waitedMs = 0
  let progress = { events: 0, labels: 0, rejected: 0, until: 0, sendingMs: 0 }
  const read = (line: ReplayLine): void => {
    if ('waitsBefore' in line) {
      waitingSince = performance.now()
      listener.onWait(line.waitsBefore)
      return
    }
    const until = 'until' in line ? line.until : progress.until
    const sendingMs = performance.now() - began - waitedMs
    progress = { ...line, until, sendingMs }
    if ('until' in line) listener.onDay(line)
  }
  return {
    progress: () => progress,
    deploy: (modelFile) => {
      child.send({ modelFile } satisfies Deployment)
      if (waitingSince !== null) waitedMs += performance.now() - waitingSince
      waitingSince = null
    },
    done: readLines(child, 'the replay', (line) => {
      read(line as ReplayLine)
    }),
  }
}

/** Trains a version in a process of its own. */
export async function trainModel(
  args: readonly string[],
  signal: AbortSignal,
): Promise<TrainingReport> {
  const reports: TrainingReport[] = []
  await readLines(startExample('train.ts', args, signal), 'the training', (line) =>
    reports.push(line as TrainingReport),
  )
  const [report] = reports
  if (report === undefined) throw new AppError('FILE_INVALID', 'the training said nothing')
  return report
}

function startExample(file: string, args: readonly string[], signal: AbortSignal): ChildProcess {
  const script = fileURLToPath(new URL(`../examples/flights/${file}`, import.meta.url))
  // The same loader as this process: sources need one, built files do not.
  return spawn(process.execPath, [...process.execArgv, script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    signal,
  })
}

/** Every line of output is JSON; what it complains of is told when it fails. */
async function readLines(
  child: ChildProcess,
  what: string,
  onLine: (line: unknown) => void,
): Promise<void> {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new TypeError('output must be a pipe')
  let complaint = ''
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4000)
  })
  createInterface({ input: stdout }).on('line', (line) => {
    onLine(JSON.parse(line))
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) {
    throw new AppError('SERVICE_REFUSED', `${what} broke off:\n${complaint.trim()}`)
  }
}
