#!/usr/bin/env node
// Runs a tool of this project, and installs what the lock file says first when
// that is missing or stale: a fresh clone needs no `npm install` of its own.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.tidegauge-lock')
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
const isInstalled = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted

if (!isInstalled()) {
  const unlock = lock(join(root, '.install-lock'))
  // Another launcher may have installed it while this one waited.
  const status = isInstalled() ? 0 : install()
  unlock()
  if (status !== 0) process.exit(status)
}

const [tool, ...args] = process.argv.slice(2)
const child = spawn(process.execPath, [...commandOf(tool), ...args], {
  stdio: 'inherit',
  cwd: process.cwd(),
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) =>
  process.exit(signal ? 128 + (signal === 'SIGINT' ? 2 : 15) : (code ?? 1)),
)

/** The file that package `name`'s command of the same name starts, without a shell in between. */
function commandOf(name) {
  // tsx as a loader keeps one process, so signals reach the service itself.
  if (name === 'tsx') return ['--import', 'tsx']
  const packageOf = { tsc: 'typescript' }[name] ?? name
  const manifest = JSON.parse(
    readFileSync(join(root, 'node_modules', packageOf, 'package.json'), 'utf8'),
  )
  const bin = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[name]
  return [join(root, 'node_modules', packageOf, bin)]
}

function install() {
  console.error(
    existsSync(stamp)
      ? 'package-lock.json changed: updating dependencies …'
      : 'Installing dependencies …',
  )
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (npm.status === 0) writeFileSync(stamp, wanted)
  else
    console.error(
      'npm ci failed: see its messages above. Node 20.19 or newer and a reachable npm registry are needed.',
    )
  return npm.status ?? 1
}

/** Two installs at once would take each other's files away. Waits for the one that holds the lock, if it still runs. */
function lock(path) {
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      const holder = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0
      if (holder > 0 && !isRunning(holder)) rmSync(path, { force: true })
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    }
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
