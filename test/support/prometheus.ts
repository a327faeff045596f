import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import { eventually } from './service.ts'

/** A suite that needs `prometheus` and `promtool`. Without them it is skipped aloud, or fails where nothing may be skipped. */
export function describePrometheus(name: string, suite: () => void): void {
  const lacks = (command: string): boolean =>
    spawnSync(command, ['--version'], { stdio: 'ignore' }).status !== 0
  const missing = ['promtool', 'prometheus'].filter(lacks)
  if (missing.length === 0) {
    describe(name, suite)
    return
  }
  const reason = `"${name}" needs ${missing.join(' and ')} (Debian: prometheus)`
  if (process.env['REQUIRE_INTEGRATION'] === '1') {
    describe(name, () => {
      test('has Prometheus', () => {
        throw new Error(reason)
      })
    })
    return
  }
  console.warn(`SKIPPED: ${reason}`)
  describe.skip(name, suite)
}

export interface PromtoolAnswer {
  readonly status: number | null
  /** What it says, on either stream. */
  readonly said: string
}

export function promtool(args: readonly string[], input = ''): PromtoolAnswer {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  return { status, said: stdout + stderr }
}

export interface PrometheusServer {
  readonly url: string
  /** Ends it and takes its data away. */
  stop: () => Promise<void>
}

/** A Prometheus on loopback that scrapes `targets` every second under the job `tidegauge`. */
export async function startPrometheus(
  targets: readonly string[],
  rules: readonly string[],
): Promise<PrometheusServer> {
  const directory = await mkdtemp(join(tmpdir(), 'tidegauge-prometheus-'))
  const job = { job_name: 'tidegauge', static_configs: [{ targets }] }
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: rules,
    scrape_configs: [job],
  }
  // YAML is a superset of JSON.
  await writeFile(join(directory, 'prometheus.yml'), JSON.stringify(config))
  const port = await freePort()
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  const exited = once(child, 'exit')
  // A test that fails before it stops its server must not leave it behind.
  const end = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', end)
  const url = `http://127.0.0.1:${port}`
  await eventually('Prometheus to be ready', async () => {
    const answer = await fetch(`${url}/-/ready`).catch(() => null)
    return answer?.ok
  })
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
      process.off('exit', end)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
