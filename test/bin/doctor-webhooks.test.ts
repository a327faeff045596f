import { expect, test } from 'vitest'
import { webhookFindings } from '../../bin/doctor-webhooks.ts'
import { loadConfig } from '../../core/config.ts'
import { modelSpec, type ModelFile } from '../../core/model-spec.ts'

const config = loadConfig({ env: {}, flags: { 'alerts.egress.allow': 'airflow.internal' } })

/** The name server of the test. */
const names: Readonly<Record<string, readonly string[]>> = {
  'jobs.example.com': ['93.184.216.34'],
  'airflow.internal': ['10.1.2.3'],
  'sneaky.example.com': ['93.184.216.34', '169.254.169.254'],
  'empty.example.com': [],
}

async function resolve(host: string) {
  const addresses = names[host]
  if (addresses === undefined) throw new Error('ENOTFOUND')
  return addresses.map((address) => ({ address, family: 4 }))
}

async function found(url: string, secret?: string): Promise<string[]> {
  const retrain = { preset: 'webhook', url, ...(secret === undefined ? {} : { secret }) } as const
  const file: ModelFile = { model: 'fraud', actions: { retrain } }
  const findings = await webhookFindings(config, [modelSpec(file)], resolve)
  expect(findings.every(({ check }) => check === 'action fraud/retrain')).toBe(true)
  return findings.map(({ result, detail }) => `${result}: ${detail}`)
}

test.each([
  [
    'a public name',
    'https://jobs.example.com/hook/s3cr3t',
    'ok: https://jobs.example.com/… is at 93',
  ],
  [
    'a private name that is allowed',
    'http://airflow.internal:8080/x',
    'ok: http://airflow.internal',
  ],
  ['a public address', 'https://93.184.216.34/x', 'ok: https://93.184.216.34/… is at 93'],
  ['a private address', 'http://10.0.0.1/x', 'fail: webhooks must not call http://10.0.0.1'],
  ['a name with one private address', 'https://sneaky.example.com/x', 'fail: webhooks must not'],
  ['a name that nobody knows', 'https://gone.example.com/x', 'warn: no address for gone'],
  ['a name without an address', 'https://empty.example.com/x', 'warn: no address for empty'],
])('%s', async (_, url, expected) => {
  const [finding] = await found(url)
  expect(finding).toContain(expected)
  expect(finding).not.toContain('s3cr3t')
})

test('a secret that cannot be found is told by its reference', async () => {
  const [, secret] = await found('https://jobs.example.com/x', '${env:NO_SUCH_VARIABLE_9}')
  expect(secret).toBe('fail: environment variable NO_SUCH_VARIABLE_9 is not set or empty')
})

test('who is told of the service itself is looked at as well', async () => {
  const flags = { 'alerts.operations': { url: 'http://127.0.0.1:9/x' } }
  const findings = await webhookFindings(loadConfig({ env: {}, flags }), [], resolve)
  expect(findings).toMatchObject([{ check: 'operations', result: 'fail' }])
})
