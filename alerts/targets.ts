import type { Target } from './target.ts'
import { genericTarget } from './targets/generic.ts'

/** Every preset an action may name. */
export const targets: Readonly<Record<Target['preset'], Target>> = {
  webhook: genericTarget,
}
