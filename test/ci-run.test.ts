import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tidegauge-ci-'))
  mkdirSync(join(root, '.ci'))
  copyFileSync('.ci/run', join(root, '.ci', 'run'))
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

interface Outcome {
  readonly report: unknown
  readonly testsExit: number
  readonly checkExit: number
}

/** Puts a program where .ci/run finds it first. */
function install(name: string, text: string): void {
  writeFileSync(join(root, name), `#!/bin/bash\n${text}`)
  chmodSync(join(root, name), 0o755)
}

/** Runs .ci/run with an npm that leaves this report and ends like this. */
function spawnCiRun({ report, testsExit, checkExit }: Outcome, path = process.env['PATH'] ?? '') {
  writeFileSync(join(root, 'report.json'), report === undefined ? '' : JSON.stringify(report))
  const npm = `if [ "$1" = test ]; then
  for arg in "$@"; do case "$arg" in --outputFile.json=*) cp report.json "\${arg#*=}" ;; esac; done
  exit ${testsExit}
fi
exit ${checkExit}
`
  install('npm', npm)
  return spawnSync('bash', [join(root, '.ci', 'run')], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${root}${delimiter}${path}` },
  })
}

/** The last line and the exit code of such a run. */
function ciRun(outcome: Outcome): [line: string, exit: number | null] {
  const { stdout, status } = spawnCiRun(outcome)
  return [stdout.trimEnd().split('\n').at(-1) ?? '', status]
}

const counts = { numPassedTests: 10, numFailedTests: 0, numPendingTests: 2, numTodoTests: 1 }
const loaded = { status: 'passed', assertionResults: [{ status: 'passed' }] }
const unloadable = { status: 'failed', assertionResults: [] }

test.each<[name: string, outcome: Outcome, line: string, exit: number]>([
  [
    'all well',
    { report: { ...counts, testResults: [loaded] }, testsExit: 0, checkExit: 0 },
    '11 passed, 0 failed, 3 skipped',
    0,
  ],
  [
    'a failed test',
    {
      report: { ...counts, numFailedTests: 1, testResults: [loaded] },
      testsExit: 1,
      checkExit: 0,
    },
    '11 passed, 1 failed, 3 skipped',
    1,
  ],
  [
    'a failed check',
    { report: { ...counts, testResults: [loaded] }, testsExit: 0, checkExit: 1 },
    '10 passed, 1 failed, 3 skipped',
    1,
  ],
  [
    'a file that does not load',
    { report: { ...counts, testResults: [loaded, unloadable] }, testsExit: 1, checkExit: 0 },
    '11 passed, 1 failed, 3 skipped',
    1,
  ],
  [
    'an error outside of the tests',
    { report: { ...counts, testResults: [loaded] }, testsExit: 1, checkExit: 0 },
    '11 passed, 1 failed, 3 skipped',
    1,
  ],
  [
    'no report',
    { report: undefined, testsExit: 137, checkExit: 0 },
    '1 passed, 1 failed, 0 skipped',
    1,
  ],
])('the run with %s ends with its count and its exit code', (_, outcome, line, exit) => {
  expect(ciRun(outcome)).toEqual([line, exit])
})

/** A PATH of a machine that has what .ci/run calls, but neither Java nor Maven nor Prometheus. */
function bareMachine(): string {
  const tools = join(root, 'tools')
  mkdirSync(tools)
  for (const name of [
    'bash',
    'cat',
    'cp',
    'dirname',
    'env',
    'mktemp',
    'rm',
    'tail',
    'timeout',
    'node',
  ]) {
    const { stdout } = spawnSync('bash', ['-c', `command -v ${name}`], { encoding: 'utf8' })
    symlinkSync(stdout.trim(), join(tools, name))
  }
  // Root needs no sudo.
  install('id', 'echo 0\n')
  install('openssl', '')
  return tools
}

const well = { report: { ...counts, testResults: [loaded] }, testsExit: 0, checkExit: 0 }

test('what the tests need beside Node is installed where it is missing', () => {
  install('apt-get', 'echo "$@" >>apt-get.log\n')
  spawnCiRun(well, bareMachine())
  const [update, installed] = readFileSync(join(root, 'apt-get.log'), 'utf8').split('\n')
  expect(update).toContain('update')
  expect(installed).toMatch(/install .* default-jre-headless maven prometheus$/)
})

test.each([
  ['fails', 'echo E: no network >&2\nexit 100\n', 'E: no network'],
  ['is not there', null, 'no apt-get'],
])('the run goes on, and says what it lacks, when apt-get %s', (_, aptGet, reason) => {
  if (aptGet !== null) install('apt-get', aptGet)
  const { stdout, stderr, status } = spawnCiRun(well, bareMachine())
  expect(stderr).toContain(reason)
  expect(stderr).toContain('default-jre-headless maven prometheus')
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('11 passed, 0 failed, 3 skipped')
  expect(status).toBe(0)
})
