import { durationMs, durationName } from './duration.ts'
import { learntSettings, type LearntFile, type LearntSettings } from './learnt-schema.ts'
import type { ModelDraft } from './model-draft.ts'
import { unknownName, wrong } from './model-rules.ts'
import type { MonitorSpec } from './model-schema.ts'
import { thresholdPattern } from './monitor-schema.ts'
import type { Path } from './problems.ts'
import type { Finding } from './schema-problems.ts'

type Limit = NonNullable<MonitorSpec['warn']>

/** What a schema cannot say about the limits of one monitor. */
export function limitFindings(monitor: MonitorSpec, path: Path, draft: ModelDraft): Finding[] {
  const { warn, critical } = monitor
  if (warn === undefined && critical === undefined) {
    return [wrong(path, 'neither warn nor critical is given: it would never fire')]
  }
  const learnt = (['warn', 'critical'] as const).flatMap((key) => {
    const file = learntFile(monitor[key])
    if (file === null) return []
    // `critical: learnt` has no keys to point at.
    const at = typeof monitor[key] === 'string' ? [...path, key] : [...path, key, 'learnt']
    return learntFindings(file, at, monitor, draft)
  })
  if (warn === undefined || critical === undefined) return learnt
  return [...learnt, ...orderFindings(warn, critical, [...path, 'critical'])]
}

/** Null for a fixed limit. */
export function learntFile(limit: Limit | undefined): LearntFile | null {
  if (limit === undefined) return null
  if (typeof limit !== 'string') return limit.learnt
  return limit === 'learnt' ? {} : null
}

function orderFindings(warn: Limit, critical: Limit, at: Path): Finding[] {
  const [low, high] = [asked(warn), asked(critical)]
  if (!high.sides.some((side) => low.sides.includes(side))) {
    return [wrong(at, `critical ${high.text} and warn ${low.text} look in opposite directions`)]
  }
  return isWeaker(high, low)
    ? [wrong(at, `critical ${high.text} is weaker than warn ${low.text}`)]
    : []
}

interface Asked {
  /** As messages show it. */
  readonly text: string
  readonly sides: readonly ('above' | 'below')[]
  /** A number, or how it is learnt. */
  readonly limit: { readonly value: number; readonly inclusive: boolean } | LearntSettings
}

function asked(limit: Limit): Asked {
  const file = learntFile(limit)
  if (file !== null) {
    const learnt = learntSettings(file)
    const { deviations, side } = learnt
    return {
      text: `learnt (${deviations} deviations, ${side})`,
      sides: side === 'both' ? ['above', 'below'] : [side],
      limit: learnt,
    }
  }
  const text = typeof limit === 'string' ? limit : ''
  const [, operator = '', value = ''] = new RegExp(thresholdPattern).exec(text) ?? []
  return {
    text: `"${text}"`,
    sides: [operator.startsWith('>') ? 'above' : 'below'],
    limit: { value: Number(value), inclusive: operator.endsWith('=') },
  }
}

/** What is learnt from other windows, or a number against what is learnt, cannot be compared beforehand. */
function isWeaker({ limit: high, sides }: Asked, { limit: low }: Asked): boolean {
  if ('value' in high && 'value' in low) {
    const further = sides.includes('above') ? high.value - low.value : low.value - high.value
    return further < 0 || (further === 0 && high.inclusive && !low.inclusive)
  }
  if ('value' in high || 'value' in low) return false
  const alike = (['center', 'overMs', 'from', 'seasonal'] as const).every(
    (key) => low[key] === high[key],
  )
  return alike && high.deviations < low.deviations
}

function learntFindings(
  learnt: LearntFile,
  path: Path,
  monitor: MonitorSpec,
  draft: ModelDraft,
): Finding[] {
  if (learnt.from === undefined) return pastFindings(learnt, path, monitor, draft)
  return [
    ...(learnt.over === undefined
      ? []
      : [wrong([...path, 'over'], 'over and from exclude each other: one past or the other')]),
    ...baselineFindings(learnt.from, [...path, 'from'], draft),
  ]
}

function baselineFindings(name: string, path: Path, { file, names }: ModelDraft): Finding[] {
  const declared = names.baselines.length === 0 ? ['first'] : names.baselines
  if (!declared.includes(name)) return [unknownName(path, 'baseline', name, declared)]
  const baseline = file.baselines?.[name]
  return baseline === undefined || 'range' in baseline || 'first' in baseline
    ? []
    : [wrong(path, `"${name}" has no windows of its own; allowed: a range or first events`)]
}

/** A past that cannot hold enough windows, or is not kept so long, would never give a verdict. */
function pastFindings(
  learnt: LearntFile,
  path: Path,
  { window }: MonitorSpec,
  { file, windowMs: baseMs }: ModelDraft,
): Finding[] {
  if (baseMs === null) return []
  const settings = learntSettings(learnt)
  const windowMs = window === undefined ? baseMs : durationMs(window)
  const held = windowsHeld(settings, windowMs)
  const over = durationName(settings.overMs)
  const at = learnt.over === undefined ? path : [...path, 'over']
  const width = durationName(windowMs)
  const kind = settings.seasonal === 'none' ? width : `${width} in each hour of the week`
  const keptMs = durationMs(file.retention?.metrics ?? '400d')
  return [
    ...(held >= settings.minWindows
      ? []
      : [
          wrong(
            at,
            `${over} hold ${held} windows of ${kind}, and min_windows is ${settings.minWindows}: it would never judge`,
          ),
        ]),
    ...(settings.overMs <= keptMs
      ? []
      : [wrong(at, `${over} are more than metrics are kept: ${durationName(keptMs)}`)]),
  ]
}

const weekMs = 604_800_000
const hourMs = 3_600_000

/** How many windows before any one are alike, at the least. */
function windowsHeld({ overMs, seasonal }: LearntSettings, windowMs: number): number {
  if (seasonal === 'none') return Math.floor(overMs / windowMs)
  if (windowMs < hourMs) return Math.floor(overMs / weekMs) * Math.floor(hourMs / windowMs)
  // Starts of a width that does not divide a week come round to the same hour after several weeks.
  let cycleMs = windowMs
  while (cycleMs % weekMs !== 0) cycleMs += windowMs
  return Math.floor(overMs / cycleMs)
}
