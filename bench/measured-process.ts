import { spawn, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/** A service as built, in a process of its own. */
export interface MeasuredService {
  readonly url: string
  readonly process: ChildProcess
  stop: () => Promise<void>
}

export async function startBuiltService(
  options: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<MeasuredService> {
  const child = spawn(process.execPath, ['dist/bin/tidegauge.js', 'serve', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TIDEGAUGE__LOG__FORMAT: 'json', ...env },
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  return {
    url: await readyUrl(child),
    process: child,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}

function readyUrl(service: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    service.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const url = /"url":"(http[^"]+)"/.exec(text)?.[1]
      if (url !== undefined) resolve(url)
    })
    service.once('exit', (code) => {
      reject(new Error(`the service ended with ${code}: npm run build first`))
    })
  })
}

/** User and system time of a process so far, in seconds, where the system tells it. */
export async function cpuSeconds(service: ChildProcess): Promise<number | null> {
  const stat = await readFile(`/proc/${service.pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return Number.isFinite(ticks) && ticks > 0 ? ticks / 100 : null
}

/** High-water mark of the service's memory, where the system tells it. */
export async function peakRss(service: ChildProcess): Promise<number | null> {
  const status = await readFile(`/proc/${service.pid}/status`, 'utf8').catch(() => '')
  const kib = /VmHWM:\s+(\d+) kB/.exec(status)?.[1]
  return kib === undefined ? null : Math.round(Number(kib) / 1024)
}

/** Events that are stored, FINAL. */
export async function storedEvents(url: string): Promise<number> {
  const answer = await fetch(`${url}/v1/models/bench/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ select: [{ count: true, as: 'n' }] }),
  })
  const { rows } = (await answer.json()) as { rows?: number[][] }
  return rows?.[0]?.[0] ?? -1
}
