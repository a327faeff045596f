import { execFile } from 'node:child_process'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cachedDirectory } from './kafka-jars.ts'
import { nodeProperties } from './kafka-properties.ts'
import { testUser } from './kafka-security.ts'

const run = promisify(execFile)
const clusterId = 'tidegauge-test-cluster'

// With or without SCRAM in use: whose secrets the cluster is born with.
const scramUsers = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
  '--add-scram',
  `${mechanism}=[name=${testUser.username},password=${testUser.password}]`,
])

/**
 * Makes the data directory of a node that was never started. Formatting takes a Java process, so the
 * first one is kept as a mould; the nodes of a cluster differ in `meta.properties` only.
 */
export async function formatDirectory(
  classPath: string,
  directory: string,
  id: number,
): Promise<void> {
  const mould = await cachedDirectory('formatted', async (into) => {
    const properties = `${into}.properties`
    const ports = [{ client: 1, advertised: 1, internal: 2, controller: 3 }]
    await writeFile(properties, nodeProperties({ id: 1, ports, directory: into, config: {} }))
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties]
    await run('java', ['-XX:TieredStopAtLevel=1', '-cp', classPath, ...format, ...scramUsers])
    await rm(properties)
  })
  await mkdir(directory)
  await cp(mould, directory, { recursive: true })
  const meta = ['version=1', `cluster.id=${clusterId}`, `node.id=${id}`]
  await writeFile(join(directory, 'meta.properties'), `${meta.join('\n')}\n`)
}
