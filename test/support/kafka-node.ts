import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'

/** One Kafka node as a process that a test can end, freeze and start again. */
export interface KafkaNode {
  /** Starts the process unless it runs; does not wait until it serves. */
  start: () => Promise<void>
  /** SIGTERM, controlled shutdown; SIGKILL after five seconds. Resolves when it is gone. */
  stop: () => Promise<void>
  /** `kill -9`. */
  kill: () => Promise<void>
  /** SIGSTOP: connections stay open and nothing answers. */
  pause: () => void
  resume: () => void
  /** Rejects with the end of the node's log when it ends by itself. */
  readonly failed: () => Promise<never>
  /** Of the running process. */
  readonly pid: () => number
}

// Ends the node and takes its data away once this process is gone, however that came about: the pipe
// on its standard input then closes. `$0` is the directory, `$1` the log, the rest the command.
const guard = `
exec 3<&0
directory=$0 log=$1
shift
"$@" </dev/null 3<&- >>"$log" 2>&1 &
node=$!
{ cat <&3; kill -9 $node; rm -rf "$directory"; } >/dev/null 2>&1 &
guard=$!
echo $node
wait $node
code=$?
kill $guard
exit $code`

export interface KafkaNodeOptions {
  readonly command: readonly string[]
  /** Of the whole cluster; removed when the process that started it dies. */
  readonly root: string
  readonly log: string
}

interface Running {
  readonly child: ChildProcess
  readonly pid: number
  readonly exited: Promise<unknown>
}

export function kafkaNode({ command, root, log }: KafkaNodeOptions): KafkaNode {
  let running: Running | null = null
  const signal = (name: NodeJS.Signals): void => {
    if (running !== null) process.kill(running.pid, name)
  }
  const end = async (name: NodeJS.Signals): Promise<void> => {
    if (running === null) return
    const { pid, exited } = running
    process.kill(pid, name)
    const late = setTimeout(() => process.kill(pid, 'SIGKILL'), 5000)
    await exited
    clearTimeout(late)
  }
  return {
    start: async () => {
      if (running !== null) return
      running = await spawned(['sh', '-c', guard, root, log, ...command])
      void running.exited.then(() => {
        running = null
      })
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: () => {
      signal('SIGSTOP')
    },
    resume: () => {
      signal('SIGCONT')
    },
    failed: async () => {
      await running?.exited
      throw new Error(`the Kafka node ended:\n${(await readFile(log, 'utf8')).slice(-4000)}`)
    },
    pid: () => {
      if (running === null) throw new Error('the Kafka node does not run')
      return running.pid
    },
  }
}

async function spawned([program, ...args]: readonly string[]): Promise<Running> {
  const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const exited = once(child, 'exit').then(() => {
    child.stdin.destroy()
  })
  const [pid] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { child, pid: Number(pid), exited }
}
