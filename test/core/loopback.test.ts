import { expect, test } from 'vitest'
import { isLoopbackHost, isNetwork } from '../../core/loopback.ts'

test.each(['127.0.0.1', '127.8.9.1', '::1', '[::1]', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'])(
  '%s is reached from this machine only',
  (host) => {
    expect(isLoopbackHost(host)).toBe(true)
  },
)

test.each(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'localhost.evil.example', '', '127.1', 'box'])(
  '%o may be reached by others',
  (host) => {
    expect(isLoopbackHost(host)).toBe(false)
  },
)

test.each(['10.0.0.0/8', '192.168.1.7', 'fd00::/8', '::1', '0.0.0.0/0'])(
  '%s is a network',
  (text) => {
    expect(isNetwork(text)).toBe(true)
  },
)

test.each(['10.0.0.0/33', 'fd00::/129', '10.0.0/8', 'host', '10.0.0.0/', '10.0.0.0/8/8', '1/a'])(
  '%s is no network',
  (text) => {
    expect(isNetwork(text)).toBe(false)
  },
)
