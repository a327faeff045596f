import { namePattern } from '../core/model-spec.ts'
import type { RejectReason } from '../core/names.ts'

/** Why a whole event is refused: it goes to the dead letters with this. */
export interface Rejection {
  readonly ok: false
  readonly reason: RejectReason
  readonly detail: string
}

export const reject = (reason: RejectReason, detail: string): Rejection => ({
  ok: false,
  reason,
  detail,
})

const name = new RegExp(namePattern, 'u')

/** Names are compared and stored in Unicode's composed form. */
export const isName = (text: string): boolean => name.test(text) && text.normalize('NFC') === text

/** Found instead of what was asked for, in a word. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : typeof value
}

/** A value as a message may show it: short, and whole characters only. */
export function show(value: unknown): string {
  if (typeof value === 'object' || value === undefined) return kindOf(value)
  const text = JSON.stringify(value)
  return text.length > 64 ? `${text.slice(0, 61)}…`.toWellFormed() : text
}
