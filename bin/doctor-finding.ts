import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'

export const doctorResults = ['ok', 'warn', 'fail', 'skip'] as const
export type DoctorResult = (typeof doctorResults)[number]

/** What one check of `tidegauge doctor` has found. */
export interface Finding {
  /** What was looked at: `store`, `kafka main`, `model fraud`. */
  readonly check: string
  /** `warn`: it works and should not stay so. `skip`: it could not be looked at. */
  readonly result: DoctorResult
  readonly detail: string
  /** What to do; '' where nothing is. */
  readonly remedy: string
}

export const ok = (check: string, detail: string): Finding => ({
  ...{ check, result: 'ok', detail, remedy: '' },
})
export const warn = (check: string, detail: string, remedy: string): Finding => ({
  ...{ check, result: 'warn', detail, remedy },
})
export const fail = (check: string, detail: string, remedy: string): Finding => ({
  ...{ check, result: 'fail', detail, remedy },
})
export const skip = (check: string, detail: string): Finding => ({
  ...{ check, result: 'skip', detail, remedy: '' },
})

/** How long one check may take, ms. */
const patienceMs = 20_000

/** Runs one check: what it expects to go wrong, and an answer that does not come, is a finding too. */
export async function looked(
  check: string,
  remedy: string,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const done = new AbortController()
  const late = sleep(patienceMs, null, { signal: done.signal }).catch(() => null)
  try {
    const found = await Promise.race([look(), late])
    return found ?? [fail(check, `no answer within ${patienceMs / 1000} s`, remedy)]
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return [fail(check, error.message, remedy)]
  } finally {
    done.abort()
  }
}
