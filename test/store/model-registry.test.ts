import { expect, test } from 'vitest'
import type { InferredKind, ModelFile } from '../../core/model-spec.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import { describeStore } from '../support/store.ts'

const file = (model: string, more: Partial<ModelFile> = {}): ModelFile => ({
  model,
  kind: 'features',
  features: { amount: 'numeric', country: 'categorical' },
  ...more,
})

describeStore('the model registry', (getStore) => {
  test('keeps every revision, and makes none of a file that says the same', async () => {
    const registry = await openModelRegistry(getStore().store)
    expect((await registry.put(file('kept'), 'file')).revision).toBe(1)
    expect((await registry.put(file('kept'), 'file')).revision).toBe(1)
    expect((await registry.put(file('kept', { window: '1h' }), 'api')).revision).toBe(2)
    const history = await registry.history('kept')
    expect(history.map(({ revision, origin }) => [revision, origin])).toEqual([
      [2, 'api'],
      [1, 'file'],
    ])
  })

  test('adds columns for features that arrive, whatever they are called', async () => {
    const { store } = getStore()
    const registry = await openModelRegistry(store)
    await registry.put(file('grown'), 'file')
    const found = new Map<string, InferredKind>([
      ['__proto__', 'numeric'],
      ['größe', 'categorical'],
    ])
    const { spec, revision } = await registry.extend('grown', found)
    expect(revision).toBe(2)
    expect([...spec.features.keys()]).toEqual(['amount', 'country', '__proto__', 'größe'])
    const columns = await store.query({
      name: 'test-columns',
      sql: "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'events_grown' AND startsWith(name, 'features.') ORDER BY position",
      params: {},
      toRow: (raw) => String(raw['name']),
    })
    expect(columns).toEqual([
      'features.amount',
      'features.country',
      'features.__proto__',
      'features.größe',
    ])
  })

  test('refuses to change the type of a column, and says what to do', async () => {
    const registry = await openModelRegistry(getStore().store)
    await registry.put(file('typed'), 'file')
    const changed = file('typed', { features: { amount: 'categorical' } })
    await expect(registry.put(changed, 'api')).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('give it a new name') as string,
    })
    expect(registry.get('typed')?.revision).toBe(1)
  })

  test('learns what another instance has stored, and numbers its own revision after it', async () => {
    const { store } = getStore()
    const here = await openModelRegistry(store)
    const there = await openModelRegistry(store)
    await here.put(file('shared'), 'file')
    expect(there.get('shared')).toBeUndefined()
    await there.refresh()
    expect(there.get('shared')?.revision).toBe(1)
    await here.put(file('shared', { window: '1h' }), 'api')
    expect((await there.put(file('shared', { window: '1d' }), 'api')).revision).toBe(3)
  })
})
