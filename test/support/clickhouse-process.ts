import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { FaultRule } from './faults.ts'

/** The test server in a process of its own: several Tidegauge processes share its engine, and it can be killed. */
export interface ClickHouseProcess {
  readonly url: string
  readonly port: number
  addFault: (rule: FaultRule) => Promise<void>
  clearFaults: () => Promise<void>
  /** Ends it in order; SIGKILL ends it at once, as a power cut would. Resolves when it is gone. */
  stop: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>
}

/** Starts the server over a data directory; give the port to come back where a killed one was. */
export async function spawnClickHouseServer(path: string, port = 0): Promise<ClickHouseProcess> {
  const script = new URL('./clickhouse-server.ts', import.meta.url).pathname
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', script, '--path', path, '--port', String(port)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const exited = once(child, 'exit')
  // A test that fails before it stops its server must not leave it behind.
  const end = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', end)
  const [url] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => Promise.reject(new Error('the ClickHouse test server did not start'))),
  ])) as [string]
  const faults = async (init: RequestInit): Promise<void> => {
    const answer = await fetch(`${url}/_faults`, init)
    if (!answer.ok) throw new Error(`the test server took no fault: ${answer.status}`)
  }
  return {
    url,
    port: Number(new URL(url).port),
    addFault: (rule) => faults({ method: 'POST', body: JSON.stringify(rule) }),
    clearFaults: () => faults({ method: 'DELETE' }),
    stop: async (signal = 'SIGTERM') => {
      process.off('exit', end)
      child.kill(signal)
      await exited
    },
  }
}
