import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'

let directory: string
let child: ChildProcess | null = null
let server: Server | null = null
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tidegauge-serve-'))
})
afterEach(async () => {
  child?.kill('SIGKILL')
  server?.close()
  await rm(directory, { recursive: true, force: true })
})

const program = new URL('../../bin/tidegauge.ts', import.meta.url).pathname
const loader = new URL('../../node_modules/tsx/dist/esm/index.mjs', import.meta.url).href

function serve(...options: string[]): ChildProcess {
  const args = ['--import', loader, program, 'serve', '--port', '0', ...options]
  child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
  return child
}

test('a service that is refused when all else has started ends, and says why', async () => {
  const started = serve('--host', '0.0.0.0', '--data', directory)
  const said = text(started.stderr!)
  expect(await once(started, 'exit')).toEqual([1, null])
  expect(await said).toContain('there is no API key')
})

test('a signal while it waits for the store ends it at once', async () => {
  // Takes connections and never answers.
  const silent = createServer()
  server = silent
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  const asked = once(silent, 'connection')
  const started = serve('--clickhouse', `http://127.0.0.1:${port}`)
  const said = text(started.stdout!)
  await asked
  started.kill('SIGTERM')
  expect(await once(started, 'exit')).toEqual([0, null])
  expect(await said).toContain('stopped while it started')
})
