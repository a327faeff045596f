import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allowedFile } from '../../monitor/allowed-file.ts'

let root: string
let data: string
let file: string
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'tidegauge-allowed-')))
  data = join(root, 'data')
  file = join(data, 'deep', 'a.csv')
  await mkdir(join(data, 'deep'), { recursive: true })
  await mkdir(join(root, 'data-of-others'))
  await mkdir(join(data, '..names'))
  await writeFile(file, '')
  await writeFile(join(data, '..names', 'a.csv'), '')
  await writeFile(join(root, 'secret.csv'), '')
  await writeFile(join(root, 'data-of-others', 'a.csv'), '')
  await symlink(join(root, 'secret.csv'), join(data, 'link.csv'))
  await symlink(file, join(data, 'inner.csv'))
  await symlink(data, join(root, 'linked'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

test('the root directory allows every file, by whatever path', async () => {
  const found = { kind: 'file', path: file }
  expect(await allowedFile(file, ['/'])).toEqual(found)
  expect(await allowedFile(relative('/', file), ['/'])).toEqual(found)
  expect(await allowedFile(join('..', '..', relative('/', file)), ['/'])).toEqual(found)
  expect(await allowedFile(join(root, 'linked', 'deep', 'a.csv'), ['/'])).toEqual(found)
  expect(await allowedFile('/', ['/'])).toEqual({ kind: 'elsewhere' })
})

test('slashes at the end of a directory say nothing', async () => {
  for (const directory of [data + sep, data + sep + sep, join(data, 'deep', '..') + sep])
    expect(await allowedFile(file, [directory])).toEqual({ kind: 'file', path: file })
})

test('a relative path is looked for in each directory', async () => {
  const directories = [join(root, 'data-of-others'), data]
  expect(await allowedFile('deep/a.csv', directories)).toEqual({ kind: 'file', path: file })
  expect(await allowedFile('nowhere.csv', directories)).toEqual({ kind: 'absent' })
})

test('a directory that is a link allows what is in it, by either of its paths', async () => {
  const linked = join(root, 'linked')
  for (const path of [file, join(linked, 'deep', 'a.csv'), 'deep/a.csv'])
    expect(await allowedFile(path, [linked])).toEqual({ kind: 'file', path: file })
})

test('links are followed: one that leads out is elsewhere, one that stays in is its target', async () => {
  expect(await allowedFile('link.csv', [data])).toEqual({ kind: 'elsewhere' })
  expect(await allowedFile('inner.csv', [data])).toEqual({ kind: 'file', path: file })
})

test('two dots lead out of no directory, and are no harm in a name', async () => {
  const path = join(data, '..names', 'a.csv')
  expect(await allowedFile('../secret.csv', [data])).toEqual({ kind: 'elsewhere' })
  expect(await allowedFile('deep/../../secret.csv', [data])).toEqual({ kind: 'elsewhere' })
  expect(await allowedFile('..names/a.csv', [data])).toEqual({ kind: 'file', path })
})

test('a directory whose name begins like an allowed one is another, and an absent file outside is not told from one that is there', async () => {
  expect(await allowedFile(join(root, 'data-of-others', 'a.csv'), [data])).toEqual({
    kind: 'elsewhere',
  })
  expect(await allowedFile(join(root, 'nowhere.csv'), [data])).toEqual({ kind: 'elsewhere' })
  expect(await allowedFile(data, [data])).toEqual({ kind: 'elsewhere' })
})
