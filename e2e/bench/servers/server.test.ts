import { existsSync, readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { relayKind } from './kinds.ts'
import { startKind, type Running, type ServerKind } from './server.ts'

/** A process that does this, and says that it listens. */
const program = (does: string): ServerKind => ({
  ...relayKind(),
  label: 'a server',
  command: () => ({ args: ['-e', `${does}; console.log('listening on 1')`], env: {} }),
})

const started: Running[] = []
afterEach(async () => {
  for (const server of started.splice(0)) await server.remove()
})

const start = async (does: string): Promise<Running> => {
  const server = await startKind(program(does))
  started.push(server)
  return server
}

/** True while a process has not ended; one that has, and was not heard of yet, is a zombie. */
const isAlive = (pid: number): boolean =>
  !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))

test('[bench] a server that ended by itself is said to have, also if it is then told to end', async () => {
  const server = await start("console.error('no more'); setTimeout(() => process.exit(3), 50)")
  while (isAlive(server.pid)); // nothing is heard meanwhile
  await server.end('SIGKILL')
  expect(server.death).toMatch(/^a server ended with 3: [^]*no more/)
})

test.each(['SIGTERM', 'SIGKILL'] as const)(
  '[bench] a server that ends because it was told to, by %s, did not die',
  async (signal) => {
    const server = await start('setInterval(() => {}, 1_000)')
    await server.end(signal)
    expect(server.death).toBeNull()
  },
)

test('[bench] a server that fails when it is told to end is said to have', async () => {
  const server = await start(
    "process.on('SIGTERM', () => process.exit(1)); setInterval(() => {}, 1_000)",
  )
  await server.end('SIGTERM')
  expect(server.death).toMatch(/^a server ended with 1/)
})

test('[bench] a server that was removed starts no more', async () => {
  const server = await start('setInterval(() => {}, 1_000)')
  await server.remove()
  await expect(server.restart()).rejects.toThrow('a server was removed')
})

test('[bench] a server that does not start leaves no data behind', async () => {
  let made = ''
  const kind: ServerKind = {
    ...program(''),
    command({ dataDir }) {
      made = dataDir
      return { args: ['-e', ''], env: {} }
    },
  }
  await expect(startKind(kind)).rejects.toThrow('a server ended with 0')
  expect(made).not.toBe('')
  expect(existsSync(made)).toBe(false)
})
