#!/usr/bin/env node
// Runs a tool of this project, and installs what the lock file says first when
// that is missing or stale: a fresh clone needs no `npm install` of its own.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.tidegauge-lock')
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''

if (installed !== wanted) {
  console.error(
    installed === ''
      ? 'Installing dependencies …'
      : 'package-lock.json changed: updating dependencies …',
  )
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (npm.status !== 0) {
    console.error(
      'npm ci failed: see its messages above. Node 20.19 or newer and a reachable npm registry are needed.',
    )
    process.exit(npm.status ?? 1)
  }
  writeFileSync(stamp, wanted)
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
