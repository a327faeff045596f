import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { signatureHeaders } from '../../alerts/signature.ts'

const page = readFileSync('docs/how-to/receive-webhooks.md', 'utf8')
const code = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? ''

const secret = `whsec_${randomBytes(32).toString('base64')}`
const other = `whsec_${randomBytes(32).toString('base64')}`
const body = '{"type":"tidegauge.alert.firing","name":"ü"}'
const now = new Date()
const good = signatureHeaders({ id: 'msg_1', at: now, body }, [other, secret])
const cases = [
  { headers: good, body, valid: true },
  { headers: good, body: `${body} `, valid: false },
  { headers: signatureHeaders({ id: 'msg_1', at: now, body }, [other]), body, valid: false },
  {
    headers: signatureHeaders({ id: 'msg_1', at: new Date(now.getTime() - 600_000), body }, [
      secret,
    ]),
    body,
    valid: false,
  },
  { headers: signatureHeaders({ id: 'msg_1', at: now, body }, []), body, valid: false },
]

type Verify = (headers: Record<string, string>, body: string, secret: string) => unknown

test('the receiver of the page in Node accepts ours and nothing else', async () => {
  const source = `data:text/javascript,${encodeURIComponent(code('js'))}`
  const { verify } = (await import(/* @vite-ignore */ source)) as { verify: Verify }
  expect(cases.map((one) => verify(one.headers, one.body, secret) !== null)).toEqual(
    cases.map(({ valid }) => valid),
  )
})

const python = spawnSync('python3', ['--version']).status === 0

test.skipIf(!python)('the receiver of the page in Python accepts ours and nothing else', () => {
  const program = `${code('python')}
import sys
for case in json.load(sys.stdin):
    print(verify(case["headers"], case["body"].encode(), "${secret}") is not None)
`
  const run = spawnSync('python3', ['-c', program], { input: JSON.stringify(cases) })
  expect(run.stderr.toString()).toBe('')
  expect(run.stdout.toString().trim().split('\n')).toEqual(
    cases.map(({ valid }) => (valid ? 'True' : 'False')),
  )
})
