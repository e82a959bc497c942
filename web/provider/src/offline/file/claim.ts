/*
 * One process per directory: who has it listens on a local socket named after it. The socket belongs to the
 * kernel and ends with the process, however that ends, so there is no stale claim; only on systems without
 * such names (macOS, BSD) it is a file, which is taken over if nobody answers on it.
 */
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { err, ok, type Result } from '@quire/shared'
import type { StoreProblem } from '../store.ts'

/** Gives the directory back. Safe to call twice. */
export type Release = () => Promise<void>

/** Takes a directory, by its real path, for this store alone. */
export const claim = async (directory: string): Promise<Result<Release, StoreProblem>> => {
  const address = addressOf(directory)
  let taken = await listen(address)
  if (taken === 'in use' && isFile(address) && !(await isAnswered(address))) {
    await rm(address, { force: true })
    taken = await listen(address)
  }
  if (taken === 'in use')
    return err({
      kind: 'unavailable',
      message: `${directory} is in use by another store, of this process or of another`,
    })
  if (taken instanceof Error)
    return err({ kind: 'io', message: `cannot claim ${directory}: ${taken.message}` })
  const server = taken
  return ok(() => new Promise((resolve) => server.close(() => resolve())))
}

const addressOf = (directory: string): string => {
  const name = `quire-offline-${createHash('sha256').update(directory).digest('hex').slice(0, 32)}`
  if (process.platform === 'linux') return `\0${name}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`
  return join(tmpdir(), name)
}

const isFile = (address: string): boolean => address.startsWith('/')

const listen = (address: string): Promise<Server | Error | 'in use'> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error) =>
      resolve('code' in error && error.code === 'EADDRINUSE' ? 'in use' : error),
    )
    server.listen(address, () => {
      server.unref() // it keeps no process alive
      resolve(server)
    })
  })

const isAnswered = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(address)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
