import { expect, test } from 'vitest'
import { checkTarget, redactUrl } from '../../alerts/egress.ts'

const nothing = { allow: [] }
const rule = (url: string, rules: Parameters<typeof checkTarget>[1] = nothing): string => {
  try {
    checkTarget(url, rules)
    return 'allowed'
  } catch (error) {
    return String((error as { details?: { rule?: unknown } }).details?.rule)
  }
}

test.each([
  'https://hooks.example.com/a/b?c=d',
  'http://hooks.example.com:8080/',
  'https://93.184.216.34/',
  'https://[2606:2800:220:1:248:1893:25c8:1946]/',
  'https://172.32.0.1/',
  'https://100.128.0.1/',
])('%s is public', (url) => {
  expect(rule(url)).toBe('allowed')
})

test.each([
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0x7f.1/',
  'http://0177.0.0.1/',
  'http://[::1]/',
  'http://[::]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[0:0:0:0:0:ffff:a00:1]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[64:ff9b:1::1]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:1::1]/',
  'http://[2001:db8::1]/',
  'http://[fc00::1]/',
  'http://[fd12::1]/',
  'http://[fe80::1]/',
  'http://[fec0::1]/',
  'http://[ff02::1]/',
  'http://[100::1]/',
  'http://[5f00::1]/',
  'http://0.0.0.0/',
  'http://10.1.2.3/',
  'http://100.64.0.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://172.16.0.1/',
  'http://172.31.255.255/',
  'http://192.0.0.1/',
  'http://192.0.2.1/',
  'http://192.88.99.1/',
  'http://192.168.1.1/',
  'http://198.18.0.1/',
  'http://198.19.255.255/',
  'http://198.51.100.1/',
  'http://203.0.113.1/',
  'http://224.0.0.1/',
  'http://240.0.0.1/',
  'http://255.255.255.255/',
  'http://localhost/',
  'http://LOCALHOST./',
  'http://api.localhost/',
])('%s is not', (url) => {
  expect(rule(url)).toBe('address')
})

test.each([
  ['ftp://hooks.example.com/', 'scheme'],
  ['file:///etc/passwd', 'scheme'],
  ['javascript:alert(1)', 'scheme'],
  ['https://user@hooks.example.com/', 'user_info'],
  ['https://user:pass@hooks.example.com/', 'user_info'],
  ['https://hooks.example.com/#x', 'fragment'],
  ['https://hooks.example.com:22/', 'port'],
  ['https://hooks.example.com:6379/', 'port'],
  ['//hooks.example.com', 'not_a_url'],
  ['', 'not_a_url'],
  ['http://[fe80::1%25eth0]/', 'not_a_url'],
])('%s breaks the rule "%s"', (url, broken) => {
  expect(rule(url)).toBe(broken)
})

test('what the operator allows may be private: a network, an address, a name, and nothing beside', () => {
  const rules = { allow: ['10.1.0.0/16', '127.0.0.1', 'fd00::/8', 'Airflow.internal', 'localhost'] }
  expect(rule('http://10.1.255.1:12000/', rules)).toBe('allowed')
  expect(rule('http://10.2.0.1/', rules)).toBe('address')
  expect(rule('http://127.0.0.1:3000/', rules)).toBe('allowed')
  expect(rule('http://[::ffff:127.0.0.1]:3000/', rules)).toBe('allowed')
  expect(rule('http://127.0.0.2/', rules)).toBe('address')
  expect(rule('http://[fd00::1]/', rules)).toBe('allowed')
  expect(rule('http://airflow.internal.:9999/', rules)).toBe('allowed')
  expect(rule('http://evil.airflow.internal:9999/', rules)).toBe('port')
  expect(rule('http://localhost:3000/', rules)).toBe('allowed')
  expect(rule('http://user@airflow.internal/', rules)).toBe('user_info')
})

test('further ports are the operator’s to open', () => {
  expect(rule('https://hooks.example.com:9443/', { allow: [], ports: [9443] })).toBe('allowed')
})

test('an error and a log show where a webhook goes, never its path', () => {
  expect(() => checkTarget('http://10.0.0.1/services/T0/secret?token=x', nothing)).toThrow(
    'webhooks must not call http://10.0.0.1/…: address',
  )
  expect(redactUrl('https://u:p@hooks.slack.com/services/T0?x=1')).toBe('https://hooks.slack.com/…')
  expect(redactUrl('nonsense')).toBe('[invalid url]')
})
