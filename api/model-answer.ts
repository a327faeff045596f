import { durationName } from '../core/duration.ts'
import type { ActionSpec, ModelFile, ModelSpec } from '../core/model-spec.ts'
import type { RegisteredModel } from '../store/model-registry.ts'

/** A model as it is published: the file as written, what it means with every default, and no secret. */
export function modelAnswer({ spec, revision, origin, createdAt }: RegisteredModel) {
  return {
    model: spec.model,
    revision,
    origin,
    created_at: createdAt.toISOString(),
    spec: withoutSecrets(spec.file),
    effective: effective(spec),
  }
}

function withoutSecrets(file: ModelFile): ModelFile {
  if (file.actions === undefined) return file
  const actions = Object.entries(file.actions).map(([name, action]): [string, ActionSpec] => [
    name,
    {
      ...action,
      url: withoutCredentials(action.url),
      ...(action.secret !== undefined && { secret: reference(action.secret) }),
    },
  ])
  return { ...file, actions: Object.fromEntries(actions) }
}

const hidden = '[secret]'

/** Where a secret is kept may be told; a secret written into the file may not. */
const reference = (secret: string): string =>
  /^(\$\{env:[^}]+\}|file:.+)$/.test(secret) ? secret : hidden

/** User information and query values of an address are often tokens. */
const withoutCredentials = (url: string): string =>
  url
    .replace(/^(\w+:\/\/)[^/?#@]*@/, `$1${hidden}@`)
    .replace(/([?&][^=&#]*=)[^&#]*/g, `$1${hidden}`)

const effective = (spec: ModelSpec) => ({
  kind: spec.kind,
  task: spec.task,
  positive_class: spec.positiveClass,
  features: Object.fromEntries(spec.features),
  slices: spec.slices,
  windows: spec.windowsMs.map(durationName),
  lateness: durationName(spec.latenessMs),
  label_delay: durationName(spec.labelDelayMs),
  min_samples: spec.minSamples,
  baselines: [...spec.baselines.keys()],
  retention: {
    events: durationName(spec.retentionMs.events),
    profiles: durationName(spec.retentionMs.profiles),
    metrics: durationName(spec.retentionMs.metrics),
  },
})
