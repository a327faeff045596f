import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../core/errors.ts'
import type { BaselineSpec, ModelSpec } from '../core/model-spec.ts'
import type { ModelBinning } from '../store/binning.ts'
import type { Store } from '../store/client.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { RegisteredModel } from '../store/model-registry.ts'
import { relationSize } from '../store/queries/baseline-extent.ts'
import { baselineProfiles } from '../store/queries/baseline-profiles.ts'
import {
  baselineRows,
  type BaselineRow,
  type BaselineStatus,
} from '../store/queries/baseline-rows.ts'
import type { Relation } from '../store/queries/profile-source.ts'
import { extendBinning, isIncomplete, readBinning } from './freeze-binning.ts'
import { fileReference } from './reference-file.ts'
import { eventsReference, recentReference, relationOf, type Frozen } from './reference-rows.ts'

export interface BaselineDeps {
  readonly store: Store
  readonly now: () => Date
  /** Reference files are read from these directories and from nowhere else. */
  readonly fileDirectories: readonly string[]
  /** When what has no bins yet was last looked for, by model: each look is a scan. Kept by the caller. */
  readonly lookedAt: Map<string, number>
}

export type BaselineKind = 'file' | 'range' | 'first' | 'trailing' | 'version'

/** One revision of a baseline, as API and monitor see it. */
export interface Baseline extends Omit<BaselineRow, 'definition' | 'kind'> {
  readonly kind: BaselineKind
  readonly source: BaselineSpec
  /** What the source came to: which interval, which load of a file. Null while it is pending. */
  readonly frozen: Frozen | null
}

const lookEveryMs = 3_600_000

export function baselineKind(source: BaselineSpec): BaselineKind {
  if ('file' in source) return 'file'
  if ('range' in source) return 'range'
  if ('first' in source) return 'first'
  return 'trailing' in source ? 'trailing' : 'version'
}

/** Every revision of every baseline of a model, oldest first. */
export async function listBaselines(store: Store, model: string): Promise<Baseline[]> {
  const rows = await store.query(baselineRows(model))
  return rows.map(({ definition, kind, ...row }) => {
    const { source, frozen } = JSON.parse(definition) as Pick<Baseline, 'source' | 'frozen'>
    return { ...row, kind: kind as BaselineKind, source, frozen }
  })
}

/**
 * Brings a model's declared baselines as far as they can be: called at every tick, and one short read
 * when all is done. A baseline is frozen once; a declaration that changed makes a new revision. Every
 * step may be repeated after a crash. Answers all revisions of all baselines.
 */
export async function freezeDueBaselines(
  deps: BaselineDeps,
  { spec }: RegisteredModel,
): Promise<Baseline[]> {
  const stored = await listBaselines(deps.store, spec.model)
  let changed = false
  const declared = [...spec.baselines].flatMap(
    ([name, source]) => dueAttempt(stored, name, source) ?? [],
  )
  for (const attempt of [...declared, ...createdAttempts(stored, declared)]) {
    changed = (await freeze(deps, spec, attempt)) || changed
  }
  // What was just frozen may have brought bins that baselines before it are not counted into yet.
  const frozen = changed ? await listBaselines(deps.store, spec.model) : stored
  const adopted = await adoptNewFeatures(deps, spec, frozen)
  return adopted ? listBaselines(deps.store, spec.model) : frozen
}

/** What a declared baseline still needs. An operator's newer revision stands until the declaration changes. */
function dueAttempt(
  stored: readonly Baseline[],
  name: string,
  source: BaselineSpec,
): Attempt | null {
  const revisions = stored.filter((b) => b.baseline === name)
  const declared = revisions.findLast((b) => isDeepStrictEqual(b.source, source))
  if (declared === undefined) {
    const revision = (revisions.at(-1)?.revision ?? 0) + 1
    return { name, source, revision, version: '', previous: null }
  }
  const newest = revisions.findLast((b) => b.version === '')
  if (declared.status !== 'pending' || newest !== declared) return null
  return { name, source, revision: declared.revision, version: '', previous: declared }
}

/** Revisions that an operator has made and that still wait, the newest of each name and version. */
function createdAttempts(stored: readonly Baseline[], declared: readonly Attempt[]): Attempt[] {
  return stored
    .filter(
      (b) =>
        b.status === 'pending' &&
        b === stored.findLast((o) => o.baseline === b.baseline && o.version === b.version) &&
        !declared.some(({ name, revision }) => name === b.baseline && revision === b.revision),
    )
    .map((b) => ({
      name: b.baseline,
      source: b.source,
      revision: b.revision,
      version: b.version,
      previous: b,
    }))
}

/**
 * Makes a new revision of a baseline now. With a version it is the reference of that version's events
 * only. Throws BASELINE_INVALID when its rows cannot be had at all.
 */
export async function createBaseline(
  deps: BaselineDeps,
  { spec }: RegisteredModel,
  input: { readonly name: string; readonly source: BaselineSpec; readonly version?: string },
): Promise<Baseline> {
  const stored = await listBaselines(deps.store, spec.model)
  const last = stored.findLast((b) => b.baseline === input.name)
  const revision = (last?.revision ?? 0) + 1
  const { name, source, version = '' } = input
  await freeze(deps, spec, { name, source, revision, version, previous: null })
  const created = (await listBaselines(deps.store, spec.model)).find(
    (b) => b.baseline === name && b.revision === revision,
  )
  if (created === undefined) {
    throw new AppError('STORE_REJECTED', `baseline "${name}" was written but is not there`)
  }
  if (created.status === 'failed') throw new AppError('BASELINE_INVALID', created.detail)
  return created
}

interface Attempt {
  readonly name: string
  readonly source: BaselineSpec
  readonly revision: number
  readonly version: string
  readonly previous: Baseline | null
}

/** One try. False when it left everything as it was. */
async function freeze(deps: BaselineDeps, spec: ModelSpec, attempt: Attempt): Promise<boolean> {
  const { source, previous } = attempt
  const now = deps.now()
  if ('trailing' in source || 'version' in source) {
    const { id } = await readBinning(deps.store, spec.model)
    if (id > 0) {
      const frozen: Frozen = { kind: 'moving', range: null }
      await record(deps, spec, attempt, { status: 'ready', detail: '', n: 0, binning: id, frozen })
      return true
    }
  }
  const reference =
    'file' in source
      ? await fileReference(deps, spec, attempt.name, source.file)
      : await eventsReference(deps.store, spec, source, now)
  if (reference.status !== 'ready') {
    const { status, detail } = reference
    if (previous?.status === status && previous.detail === detail) return false
    await record(deps, spec, attempt, { status, detail, n: 0, binning: 0, frozen: null })
    return true
  }
  const { relation, frozen } = reference
  const binning = await extendBinning(deps.store, spec, { relation, now })
  const n = frozen.kind === 'moving' ? 0 : await sizeOf(deps.store, relation)
  if (frozen.kind !== 'moving') await writeProfiles(deps, spec, attempt, { relation, binning })
  // The row comes last: until it stands there is no such baseline.
  await record(deps, spec, attempt, { status: 'ready', detail: '', n, binning: binning.id, frozen })
  return true
}

async function sizeOf(store: Store, relation: Relation): Promise<number> {
  const [n] = await store.query(relationSize(relation))
  return n ?? 0
}

async function writeProfiles(
  deps: BaselineDeps,
  spec: ModelSpec,
  { name, revision }: Pick<Attempt, 'name' | 'revision'>,
  { relation, binning }: { readonly relation: Relation; readonly binning: ModelBinning },
): Promise<void> {
  const now = deps.now().getTime()
  const input = { spec, binning, relation, baseline: name, revision, now }
  for (const statement of baselineProfiles(input)) await deps.store.command(statement)
}

interface Outcome {
  readonly status: BaselineStatus
  readonly detail: string
  readonly n: number
  readonly binning: number
  readonly frozen: Frozen | null
}

async function record(
  deps: BaselineDeps,
  spec: ModelSpec,
  { name, source, revision, version, previous }: Attempt,
  { status, detail, n, binning, frozen }: Outcome,
): Promise<void> {
  const now = deps.now()
  const row = {
    model: spec.model,
    baseline: name,
    revision,
    kind: baselineKind(source),
    version,
    definition: JSON.stringify({ source, frozen }),
    binning,
    status,
    detail,
    n,
    created_at: previous?.createdAt ?? now,
    changed_at: now,
  }
  await insertRows(deps.store, 'baselines', Object.keys(row), [Object.values(row)])
}

/**
 * Features and slices that came after the binning, or that the reference had no values of: they are
 * frozen from the model's own first events, and every baseline that can is counted again with them.
 */
async function adoptNewFeatures(
  deps: BaselineDeps,
  spec: ModelSpec,
  stored: readonly Baseline[],
): Promise<boolean> {
  const ready = stored.filter((b) => b.status === 'ready')
  if (ready.length === 0) return false
  const now = deps.now()
  let binning = await readBinning(deps.store, spec.model)
  const due = now.getTime() - (deps.lookedAt.get(spec.model) ?? 0) >= lookEveryMs
  if (due && isIncomplete(spec, binning)) {
    deps.lookedAt.set(spec.model, now.getTime())
    const events = await recentReference(deps.store, spec)
    if (events.status === 'ready') {
      binning = await extendBinning(deps.store, spec, { relation: events.relation, now })
    }
  }
  const behind = ready.filter((b) => b.binning < binning.id)
  for (const baseline of behind) {
    const { baseline: name, frozen, source, revision, version } = baseline
    const relation = frozen === null ? null : relationOf(spec, name, frozen)
    if (relation !== null) {
      await writeProfiles(deps, spec, { name, revision }, { relation, binning })
    }
    const attempt = { name, source, revision, version, previous: baseline }
    await record(deps, spec, attempt, { ...baseline, binning: binning.id })
  }
  return behind.length > 0
}
