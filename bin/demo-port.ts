import { createServer } from 'node:net'
import { AppError } from '../core/errors.ts'

const usualPort = 8080

/** The port asked for, which must be free; else the usual one, or any free one where that is taken. */
export async function demoPort(wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) {
    if (wanted === 0 || (await isFree(wanted))) return wanted
    throw new AppError(
      'CONFIG_INVALID',
      `port ${wanted} of 127.0.0.1 is in use: name another one with --port, or none for a free one`,
    )
  }
  return (await isFree(usualPort)) ? usualPort : 0
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false)
      else reject(error)
    })
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}
