import { Command } from 'commander'
import { environment, loadConfig } from '../core/config.ts'
import { createLogger, type Logger } from '../core/log.ts'
import { startService, type Service } from './start.ts'

/** `serve`: all roles in one process, or those of `--role`. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Take events, compute and judge windows, deliver webhooks, answer the API.')
    .option('-c, --config <file>', 'configuration file (default: tidegauge.yaml if there is one)')
    .option('--role <roles>', 'ingest, monitor, api; several separated by commas')
    .option('--shard <index/count>', 'which of several monitors this is, such as 0/3')
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port to listen on; 0 takes a free one')
    .option('--data <directory>', 'data directory of the embedded engine')
    .option('--clickhouse <url>', 'URL of a ClickHouse server instead of the embedded engine')
    .option('--models <directory>', 'directory of model files')
    .action(async (options: ServeOptions) => {
      const config = loadConfig({
        env: environment(),
        ...(options.config === undefined ? {} : { file: options.config }),
        flags: {
          roles: options.role?.split(','),
          'monitor.shard': options.shard,
          'server.host': options.host,
          'server.port': options.port,
          'store.path': options.data,
          'store.url': options.clickhouse,
          'models.directory': options.models,
        },
      })
      const log = createLogger(config.log)
      const signal = stopSignal()
      const service = await startedUnless(signal, startService(config, log), log)
      log.info(
        { url: service.url, roles: config.roles, store: config.store.url ?? config.store.path },
        'ready',
      )
      await untilStopped(service, signal, log)
    })
}

interface ServeOptions {
  readonly config?: string
  readonly role?: string
  readonly shard?: string
  readonly host?: string
  readonly port?: string
  readonly data?: string
  readonly clickhouse?: string
  readonly models?: string
}

/** How long a stopped process may take to end by itself, ms. */
const lingerMs = 1000

/**
 * The first signal to stop. Asked for before anything is opened: the system withholds a signal without
 * a handler from the first process of a container, and one that came too early would be lost.
 */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // Not once: a terminal and a parent process may both pass it on, and the second one would kill.
      process.on(name, () => {
        resolve(name)
      })
    }
  })
}

/** A signal while it starts ends it at once: it has acknowledged nothing, and migrations can be repeated. */
async function startedUnless(
  signal: Promise<string>,
  starting: Promise<Service>,
  log: Logger,
): Promise<Service> {
  // A group that was joined, or a call without an end, must not keep a process that was refused.
  starting.catch(() => setTimeout(() => process.exit(1), lingerMs).unref())
  const name = await Promise.race([signal, starting.then(() => null)])
  if (name === null) return starting
  log.info({ signal: name }, 'stopped while it started')
  process.exit(0)
}

/** Until a signal, which stops it in order, or a failure, which ends the process for its supervisor. */
async function untilStopped(service: Service, signal: Promise<string>, log: Logger): Promise<void> {
  try {
    const name = await Promise.race([signal, service.failed])
    log.info({ signal: name }, 'stopping')
    await service.stop()
    log.info('stopped')
    // What still waits for an answer from somewhere must not keep a stopped process.
    setTimeout(() => process.exit(0), lingerMs).unref()
  } catch (error) {
    log.fatal({ err: error }, 'stopped by a failure')
    process.exit(1)
  }
}
