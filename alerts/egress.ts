import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net'
import { lookup as systemLookup } from 'node:dns/promises'
import { Agent } from 'undici'
import { AppError } from '../core/errors.ts'

/** What the operator allows beyond the public internet. Never settable through the API. */
export interface EgressRules {
  /** Hosts, addresses or networks in CIDR notation that may be private. */
  readonly allow: readonly string[]
  /** Ports beside 80, 443, 8080 and 8443. A host or address in `allow` may use any. */
  readonly ports?: readonly number[]
}

export interface Address {
  readonly address: string
  readonly family: number
}

/** All addresses of a name; injected so that a test can be the name server. */
export type Resolve = (host: string) => Promise<readonly Address[]>

const resolveAll: Resolve = (host) => systemLookup(host, { all: true, verbatim: true })

// Everything IANA registers as not globally reachable, multicast, and the ranges that carry an IPv4
// address inside (6to4, NAT64, Teredo), which would smuggle a private one.
const blockedNetworks = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]

const usualPorts = [80, 443, 8080, 8443]

/** Where webhooks may go. The same rules hold when a target is saved and at every attempt. */
export interface Egress {
  /** The parsed URL; throws WEBHOOK_BLOCKED, naming the rule, where it must not be called. */
  check: (url: string) => URL
  /** A client for one attempt, which connects to addresses it has checked. The caller destroys it. */
  agent: (timeoutMs: number) => Agent
}

export function createEgress(rules: EgressRules, resolve: Resolve = resolveAll): Egress {
  const policy = compile(rules)
  return {
    check: (url) => checkAgainst(policy, url),
    agent: (timeoutMs) =>
      new Agent({
        connect: { lookup: checkedLookup(policy, resolve), timeout: timeoutMs },
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        pipelining: 0,
      }),
  }
}

/** The check of a target when it is saved: names are resolved, and checked again, at every attempt. */
export function checkTarget(url: string, rules: EgressRules): URL {
  return checkAgainst(compile(rules), url)
}

/**
 * Where a call would go now, by the same rules and without calling. Throws WEBHOOK_BLOCKED, or
 * WEBHOOK_UNREACHABLE where the name has no address.
 */
export async function targetAddresses(
  url: string,
  rules: EgressRules,
  resolve: Resolve = resolveAll,
): Promise<readonly Address[]> {
  const policy = compile(rules)
  const host = checkAgainst(policy, url).hostname.replace(/^\[|\]$/g, '')
  const family = isIP(host)
  if (family !== 0) return [{ address: host, family }]
  return new Promise((found, fail) => {
    checkedLookup(policy, resolve)(host, { all: true }, (error, addresses) => {
      if (error instanceof AppError) fail(error)
      else if (error !== null) fail(unresolved(host))
      else found(addresses as readonly Address[])
    })
  })
}

/** What a log may show of a target: paths, queries and user names of webhooks are often secrets. */
export function redactUrl(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}/…` : '[invalid url]'
}

interface Policy {
  readonly blocked: BlockList
  readonly allowed: BlockList
  readonly hosts: ReadonlySet<string>
  readonly ports: ReadonlySet<number>
}

function compile({ allow, ports = [] }: EgressRules): Policy {
  const networks = allow.filter((entry) => isIP(entry.split('/')[0] ?? '') !== 0)
  const names = allow.filter((entry) => !networks.includes(entry))
  return {
    blocked: blockList(blockedNetworks),
    allowed: blockList(networks),
    hosts: new Set(names.map(plainName)),
    ports: new Set([...usualPorts, ...ports]),
  }
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    list.addSubnet(address, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family)
  }
  return list
}

/** Parsing canonicalises: 0x7f.1, 2130706433 and 127.0.0.1 are one address after it. */
function checkAgainst(policy: Policy, text: string): URL {
  if (!URL.canParse(text)) throw blocked('not_a_url', '[invalid url]')
  const url = new URL(text)
  const rule = brokenForm(url) ?? brokenPlace(policy, url)
  if (rule !== null) throw blocked(rule, redactUrl(text))
  return url
}

function brokenForm(url: URL): string | null {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'scheme'
  if (url.username !== '' || url.password !== '') return 'user_info'
  return url.hash === '' ? null : 'fragment'
}

function brokenPlace(policy: Policy, url: URL): string | null {
  const host = plainName(url.hostname.replace(/^\[|\]$/g, ''))
  const literal = isIP(host) !== 0
  if (literal ? isAllowed(policy, host) : policy.hosts.has(host)) return null
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  if (!policy.ports.has(port)) return 'port'
  return (literal ? isBlocked(policy, host) : isLocalName(host)) ? 'address' : null
}

/**
 * Resolves a name once and hands on exactly what was checked: a second answer of the name server
 * cannot slip in between. One private address among public ones blocks the name. Not called for
 * literal addresses, which `check` has judged.
 */
function checkedLookup(policy: Policy, resolve: Resolve): LookupFunction {
  return (host, options, callback) => {
    const finish = (addresses: readonly Address[]): void => {
      const [first] = addresses
      const bad = addresses.find(({ address }) => isBlocked(policy, address))
      if (first === undefined) {
        callback(unresolved(host), '', 0)
      } else if (bad !== undefined && !policy.hosts.has(plainName(host))) {
        callback(blocked('address', host), '', 0)
      } else if (options.all === true) {
        callback(null, [...addresses])
      } else {
        callback(null, first.address, first.family)
      }
    }
    resolve(host).then(finish, (error: unknown) => {
      callback(error instanceof Error ? error : unresolved(host), '', 0)
    })
  }
}

/** What is no address at all must not be connected to. */
const isBlocked = (policy: Policy, address: string): boolean =>
  !isAllowed(policy, address) && contains(policy.blocked, address) !== false

const isAllowed = (policy: Policy, address: string): boolean =>
  contains(policy.allowed, address) === true

function contains(list: BlockList, address: string): boolean | undefined {
  const plain = withoutMapping(address.replace(/%.*$/, ''))
  const family = isIP(plain)
  return family === 0 ? undefined : list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

/** ::ffff:127.0.0.1 in any spelling is 127.0.0.1. */
function withoutMapping(address: string): string {
  if (isIP(address) !== 6) return address
  const canonical = new URL(`http://[${address}]`).hostname
  const mapped = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(canonical)
  if (mapped === null) return address
  const bits = [mapped[1], mapped[2]].map((part) => Number.parseInt(part ?? '0', 16))
  return bits.flatMap((part) => [part >> 8, part & 255]).join('.')
}

const plainName = (host: string): string => host.toLowerCase().replace(/\.$/, '')

const isLocalName = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost')

const blocked = (rule: string, target: string): AppError =>
  new AppError('WEBHOOK_BLOCKED', `webhooks must not call ${target}: ${rule}`, {
    details: { rule, target },
  })

const unresolved = (host: string): AppError =>
  new AppError('WEBHOOK_UNREACHABLE', `no address for ${host}`, { details: { host } })
