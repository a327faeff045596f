import { redactUrl, targetAddresses, type Resolve } from '../alerts/egress.ts'
import { environment, type Config } from '../core/config.ts'
import { AppError } from '../core/errors.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import { resolveSecret } from '../core/secrets.ts'
import { fail, ok, warn, type Finding } from './doctor-finding.ts'

interface Target {
  readonly check: string
  readonly url: string
  readonly secret?: string
}

/** Whether webhooks may go where they are meant to, and have their secrets. Nothing is called. */
export async function webhookFindings(
  { alerts }: Config,
  specs: readonly ModelSpec[],
  resolve?: Resolve,
): Promise<Finding[]> {
  const targets: Target[] = [
    ...(alerts.operations === undefined ? [] : [{ check: 'operations', ...alerts.operations }]),
    ...specs.flatMap(({ model, actions }) =>
      [...actions].map(([name, action]) => ({ ...action, check: `action ${model}/${name}` })),
    ),
  ]
  const findings = await Promise.all(
    targets.map(async (target) => [
      await addressFinding(alerts.egress, target, resolve),
      ...secretFindings(target),
    ]),
  )
  return findings.flat()
}

async function addressFinding(
  egress: Config['alerts']['egress'],
  { check, url }: Target,
  resolve: Resolve | undefined,
): Promise<Finding> {
  try {
    const addresses = await targetAddresses(url, egress, resolve)
    const [first] = addresses
    return ok(check, `${redactUrl(url)} is at ${first?.address ?? 'no address'}`)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === 'WEBHOOK_UNREACHABLE')
      return warn(check, error.message, 'mend the name or the name server: calls are tried again')
    return fail(check, error.message, 'use a public address, or allow it in alerts.egress.allow')
  }
}

function secretFindings({ check, secret }: Target): Finding[] {
  if (secret === undefined) return []
  try {
    resolveSecret(secret, environment())
    return []
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return [fail(check, error.message, 'give it to the process that has the role monitor')]
  }
}
