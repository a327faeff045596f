import { Presets, SingleBar } from 'cli-progress'
import type { FileProgress } from '../ingest/sources/file.ts'
import type { LoadSummary } from '../ingest/sources/load-tally.ts'

export interface ProgressDisplay {
  readonly show: (progress: FileProgress) => void
  readonly end: () => void
}

/** How often a line is written where there is no terminal, ms. */
const lineMs = 5_000

/** How far a load is: a bar on a terminal, a line every few seconds elsewhere. Both on standard error. */
export function progressDisplay(): ProgressDisplay {
  return process.stderr.isTTY ? bar() : lines()
}

function bar(): ProgressDisplay {
  const display = new SingleBar(
    {
      format: '{bar} {percentage}% | {records} records, {rejected} rejected | {eta_formatted} left',
      stream: process.stderr,
      hideCursor: true,
    },
    Presets.shades_classic,
  )
  let started = false
  return {
    show: ({ done, total, records, rejected }) => {
      const counts = { records, rejected }
      if (started) display.update(done, counts)
      else display.start(total, done, counts)
      started = true
    },
    end: () => {
      if (started) display.stop()
    },
  }
}

function lines(): ProgressDisplay {
  let last = performance.now()
  return {
    show: ({ done, total, records, rejected }) => {
      if (performance.now() - last < lineMs) return
      last = performance.now()
      const percent = total === 0 ? 100 : Math.floor((100 * done) / total)
      console.error(`${percent} %: ${records} records, ${rejected} rejected`)
    },
    end: () => undefined,
  }
}

/** What became of a file, for people. `deadLetters` says where rejected records are. */
export function loadReport(
  file: string,
  summary: LoadSummary,
  { seconds, deadLetters }: { seconds: number; deadLetters: string },
): string {
  const { records, accepted, rejected, skipped, reasons, places } = summary
  if (records === 0 && skipped > 0) {
    return `${file} is loaded already: its ${skipped} records were stored by an earlier run, nothing was done.`
  }
  const rate = Math.round(records / Math.max(seconds, 0.001))
  return [
    `${file}: ${accepted} accepted, ${rejected} rejected in ${seconds.toFixed(1)} s, ${rate} records/s`,
    ...(skipped > 0 ? [`  went on behind ${skipped} records that an earlier run had stored`] : []),
    ...reasons.map(
      ({ reason, count, place, detail, text }) =>
        `  ${count} ${reason}, first in ${places} ${place}: ${printable(detail)}\n    ${printable(text)}`,
    ),
    ...(rejected > 0 ? [`  ${deadLetters}`] : []),
    ...(summary.interrupted
      ? ['  broken off: what was read is stored; run it again to go on']
      : []),
  ].join('\n')
}

/** What a file brings must not steer the terminal. */
const printable = (text: string): string => text.replaceAll(/\p{C}/gu, '\ufffd')
