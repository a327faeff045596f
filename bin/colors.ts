import picocolors from 'picocolors'
import { environment } from '../core/config.ts'

// Undefined where it is no terminal, whatever its type says; and undefined would mean "guess".
const onTerminal = process.stdout.isTTY as boolean | undefined

/**
 * Colours on a terminal, unless NO_COLOR says otherwise. The package's own guess also colours logs of
 * build servers, where escape sequences end up in files.
 */
export const colors = picocolors.createColors(
  onTerminal === true && (environment()['NO_COLOR'] ?? '') === '',
)
