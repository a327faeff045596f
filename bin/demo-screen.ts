import { colors } from './colors.ts'
import { printable } from './table-text.ts'

export type Tone = 'plain' | 'bad' | 'good' | 'quiet'

/** What a demo shows: lines that stay, and on a terminal one line of progress below them. */
export interface Screen {
  /** A line with the time since the start before it. */
  readonly say: (text: string, tone?: Tone) => void
  /** Text as it is. */
  readonly print: (text: string) => void
  /** How much is done, 0 to 1. Without a terminal every tenth is a line. */
  readonly progress: (done: number, text: string) => void
  /** Takes the line of progress away. */
  readonly endProgress: () => void
}

const barWidth = 24
const tones: Readonly<Record<Tone, (text: string) => string>> = {
  plain: (text) => text,
  bad: colors.red,
  good: colors.green,
  quiet: colors.dim,
}

export function createScreen(out: NodeJS.WriteStream, now: () => number): Screen {
  const started = now()
  const stamp = (): string => `${((now() - started) / 1000).toFixed(1)} s`.padStart(8)
  let bar = ''
  let tenths = 0
  const print = (text: string): void => {
    out.write(bar === '' ? `${text}\n` : `\r\u001b[K${text}\n${bar}`)
  }
  const say = (text: string, tone: Tone = 'plain'): void => {
    print(`${colors.dim(stamp())}  ${tones[tone](printable(text))}`)
  }
  return {
    say,
    print,
    progress: (done, text) => {
      if (out.isTTY) {
        bar = barText(done, text).slice(0, Math.max(20, out.columns) - 1)
        out.write(`\r\u001b[K${bar}`)
      } else if (Math.floor(done * 10) > tenths) {
        tenths = Math.floor(done * 10)
        say(`${String(tenths * 10).padStart(3)} %  ${text}`, 'quiet')
      }
    },
    endProgress: () => {
      if (bar !== '') out.write('\r\u001b[K')
      bar = ''
    },
  }
}

function barText(done: number, text: string): string {
  const full = Math.round(Math.min(1, done) * barWidth)
  return `          ${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${String(Math.floor(done * 100)).padStart(3)} %  ${text}`
}
