import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const pom = fileURLToPath(new URL('./kafka/pom.xml', import.meta.url))

/** The release that kafka/pom.xml names. */
export const kafkaVersion = /kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(
  readFileSync(pom, 'utf8'),
)![1]!

const cache = join(
  process.env['TIDEGAUGE_CACHE'] ?? join(homedir(), '.cache', 'tidegauge'),
  `kafka-${kafkaVersion}`,
)
const jars = join(cache, 'jars')

/** What this machine lacks to run Apache Kafka, with the remedy; null when nothing. */
export function missingForKafka(): string | null {
  const lacks = (command: string, flag: string): boolean =>
    spawnSync(command, [flag], { stdio: 'ignore' }).status !== 0
  if (lacks('java', '-version')) return 'Java 17 or newer (Debian: openjdk-17-jre-headless)'
  if (!existsSync(jars) && lacks('mvn', '--version')) return 'Maven, once, for the jars of Kafka'
  return null
}

/** Class path of Kafka's jars, which Maven fetches into the cache the first time (about 45 MB). */
export async function kafkaClassPath(): Promise<string> {
  await cachedDirectory('jars', async (directory) => {
    const options = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies']
    const target = [`-DoutputDirectory=${directory}`, '-DincludeScope=runtime']
    await run('mvn', [...options, ...target]).catch((error: unknown) => {
      // Maven tells its troubles on standard output.
      const { stdout } = error as { readonly stdout?: string }
      throw new Error(`Maven could not fetch Kafka:\n${stdout ?? ''}`, { cause: error })
    })
  })
  const names = (await readdir(jars)).sort()
  return names.map((name) => join(jars, name)).join(delimiter)
}

/** A directory of the cache, filled once, by one process; the others wait for it. */
export async function cachedDirectory(
  name: string,
  fill: (directory: string) => Promise<void>,
): Promise<string> {
  const directory = join(cache, name)
  const lock = `${directory}.lock`
  await mkdir(cache, { recursive: true })
  while (!existsSync(directory)) {
    if (!(await taken(lock))) {
      await sleep(200)
      continue
    }
    try {
      const partial = `${directory}.partial`
      await rm(partial, { recursive: true, force: true })
      await mkdir(partial)
      await fill(partial)
      await rename(partial, directory)
    } finally {
      await rm(lock, { recursive: true, force: true })
    }
  }
  return directory
}

/** True: the lock is ours. One of a process that was killed gives way after five minutes. */
async function taken(lock: string): Promise<boolean> {
  try {
    await mkdir(lock)
    return true
  } catch {
    const since = await stat(lock).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(),
    )
    if (Date.now() - since > 300_000) await rm(lock, { recursive: true, force: true })
    return false
  }
}
