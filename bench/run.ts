/**
 * Every benchmark, one after another; each writes bench/results/<name>.json.
 *
 *     npm run bench                 all of them, about seven minutes on two cores
 *     npm run bench -- profiles     those whose name contains a word
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const benches = [
  { name: 'ingest-http', args: ['1000000'], built: true },
  { name: 'profiles', args: ['1000000', '10000000'], built: false },
  { name: 'window-latency', args: ['45'], built: false },
  { name: 'label-windows', args: ['10000000'], built: false },
  { name: 'ingest-kafka', args: ['1000000'], built: true },
  { name: 'soak-kafka', args: ['10'], built: true },
  { name: 'cold-start', args: ['5'], built: true },
  { name: 'kafka-clients', args: ['1000000'], built: false },
  { name: 'detectors', args: ['20'], built: false },
  { name: 'calibration', args: ['2000'], built: false },
  { name: 'profile-pairs', args: ['1000'], built: false },
  { name: 'side-by-side', args: ['1000000'], built: true },
  { name: 'sequential', args: ['48'], built: false },
  { name: 'outliers', args: ['500000'], built: false },
  { name: 'multivariate', args: ['200'], built: false },
  { name: 'dashboards', args: ['100', '30'], built: false },
  { name: 'described-features', args: ['100000'], built: false },
] as const

const wanted = process.argv.slice(2)
const chosen = benches.filter(
  ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
)
if (chosen.length === 0) {
  console.error(
    `no benchmark is called ${wanted.join(', ')}: there are ${benches.map(({ name }) => name).join(', ')}`,
  )
  process.exit(1)
}

const node = (...args: string[]): void => {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

// Figures are of what runs in production: the emitted JavaScript.
if (chosen.some(({ built }) => built))
  node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json')
for (const { name, args } of chosen) {
  console.log(`\n${name}`)
  node('--import', 'tsx', `bench/${name}.ts`, ...args)
}
