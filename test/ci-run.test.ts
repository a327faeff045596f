import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

/** Runs .ci/run with an npm that leaves this report and ends like this; its last line and exit code. */
function ciRun({ report, testsExit, checkExit }: Outcome): [line: string, exit: number | null] {
  writeFileSync(join(root, 'report.json'), report === undefined ? '' : JSON.stringify(report))
  const npm = `#!/bin/bash
if [ "$1" = test ]; then
  for arg in "$@"; do case "$arg" in --outputFile.json=*) cp report.json "\${arg#*=}" ;; esac; done
  exit ${testsExit}
fi
exit ${checkExit}
`
  writeFileSync(join(root, 'npm'), npm)
  chmodSync(join(root, 'npm'), 0o755)
  const { stdout, status } = spawnSync('bash', [join(root, '.ci', 'run')], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${root}${delimiter}${process.env['PATH'] ?? ''}` },
  })
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
