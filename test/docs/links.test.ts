import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'llms.txt'],
  ...['docs', 'examples'].flatMap((directory) =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => join(directory, file)),
  ),
]

/** Fenced blocks hold examples, not links. */
const prose = (page: string): string => readFileSync(page, 'utf8').replaceAll(/```[\s\S]*?```/g, '')

/** As the sites that render Markdown make them from headings. */
function anchors(page: string): string[] {
  return [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function brokenLinks(page: string): string[] {
  const targets = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : normalize(join(dirname(page), path))
      if (!existsSync(file)) return true
      return anchor !== undefined && !anchors(file).includes(anchor)
    })
}

test.each(pages)('every relative link of %s leads somewhere', (page) => {
  expect(brokenLinks(page)).toEqual([])
})

test('the index of the documentation knows every page, but those of alerts, which the runbook lists', () => {
  const index = readFileSync('docs/README.md', 'utf8') + readFileSync('docs/runbook.md', 'utf8')
  const missing = pages
    .filter((page) => page.startsWith('docs/') && page !== 'docs/README.md')
    .map((page) => page.slice('docs/'.length))
    .filter((page) => !index.includes(`(${page})`))
  expect(missing).toEqual([])
})

test('every file that the picture of the README names is there', () => {
  const picture = /```text\n(what happens[\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1]
  const named = [...(picture ?? '').matchAll(/([a-z]+\/)?([a-z-]+\/)?[a-z-]+\.ts/g)]
  let folder = ''
  const paths = named.map(([path]) => {
    // A bare name stands beside the one before it.
    if (!path.includes('/')) return join(folder, path)
    folder = dirname(path)
    return path
  })
  expect(paths.length).toBeGreaterThan(12)
  expect(paths.filter((path) => !existsSync(path))).toEqual([])
})

test('every metric that the runbook names is one that the service has', () => {
  const metrics = readFileSync('docs/metrics.md', 'utf8')
  const named = [...readFileSync('docs/runbook.md', 'utf8').matchAll(/`…(_[a-z_]+)`/g)]
  expect(named.length).toBeGreaterThan(5)
  expect(named.map(([, name = '']) => name).filter((name) => !metrics.includes(name))).toEqual([])
})
