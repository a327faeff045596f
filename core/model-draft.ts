import { durationMs } from './duration.ts'
import type { ModelFile, MonitorSpec, SequentialSpec } from './model-schema.ts'
import type { Path } from './problems.ts'
import { isMapping, type Finding } from './schema-problems.ts'

/**
 * The parts of a model file that its schema accepts, so that the rules can be checked in the same
 * round and nothing is blamed twice.
 */
export interface ModelDraft {
  /** Without the lists below, and without anything the schema refuses. */
  readonly file: Partial<Omit<ModelFile, 'monitors' | 'sequential'>>
  /** In the order of the file; null where the schema refuses one. */
  readonly monitors: readonly (MonitorSpec | null)[]
  readonly sequential: readonly (SequentialSpec | null)[]
  /** Everything that has a name, refused or not: naming it is no mistake. */
  readonly names: Readonly<Record<'features' | 'baselines' | 'actions', readonly string[]>>
  /** Null if it is given and refused. */
  readonly windowMs: number | null
  /** Whether all slices are readable; else nothing can be said about who uses them. */
  readonly slicesKnown: boolean
  /** Whether all of `multivariate` is readable; else nothing can be said about who watches it. */
  readonly multivariateKnown: boolean
}

export function modelDraft(
  value: Record<string, unknown>,
  findings: readonly Finding[],
): ModelDraft {
  const unsound = new Set(
    findings.flatMap(({ path }) => [prefix(path.slice(0, 1)), prefix(path.slice(0, 2))]),
  )
  const sound = (...path: Path): boolean => !unsound.has(prefix(path))
  const parts = Object.entries(value)
    .filter(([key]) => key !== 'monitors' && key !== 'sequential')
    .flatMap(([key, part]): [string, unknown][] => {
      if (sound(key)) return [[key, part]]
      const named = ['features', 'baselines', 'actions'].includes(key) && isMapping(part)
      if (!named) return []
      return [[key, withoutUnsound(part, (name) => sound(key, name))]]
    })
  const file = Object.fromEntries(parts) as ModelDraft['file']
  const entries = (key: string): unknown[] => {
    const list = value[key]
    return Array.isArray(list)
      ? list.map((entry: unknown, index) => (sound(key, index) ? entry : null))
      : []
  }
  return {
    file,
    monitors: entries('monitors') as ModelDraft['monitors'],
    sequential: entries('sequential') as ModelDraft['sequential'],
    names: {
      features: namesIn(value['features']),
      baselines: namesIn(value['baselines']),
      actions: namesIn(value['actions']),
    },
    windowMs: sound('window') ? durationMs(file.window ?? '5m') : null,
    slicesKnown: sound('slices'),
    multivariateKnown: sound('multivariate'),
  }
}

const prefix = (path: Path): string => path.join('\n')

function withoutUnsound(part: Record<string, unknown>, sound: (name: string) => boolean): unknown {
  return Object.fromEntries(Object.entries(part).filter(([name]) => sound(name)))
}

function namesIn(part: unknown): string[] {
  return isMapping(part) ? Object.keys(part) : []
}
