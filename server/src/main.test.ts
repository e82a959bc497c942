/* The command as a real process, with the stock client. */
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { until } from './runtime/testing/server.ts'
import { newDataDir, startCommand, startListening, type Command } from './testing/command.ts'

vi.setConfig({ testTimeout: 60_000 }) // processes and threads have to start

const connect = ({ url }: Command, name: string): WebsocketProvider => {
  const provider = new WebsocketProvider(`${url.replace('http', 'ws')}/yjs`, name, new Y.Doc(), {
    disableBc: true,
  })
  onTestFinished(() => provider.destroy())
  return provider
}

const textOf = ({ doc }: WebsocketProvider): Y.Text => doc.getText('text')

describe('quire serve', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'exits 0 on %s, also on two of them, with everything on disk that anybody has typed',
    async (signal) => {
      const dataDir = await newDataDir()
      const first = await startListening(dataDir)
      const [ann, bob] = [connect(first, 'notes'), connect(first, 'notes')]
      await until('both are synced', () => ann.synced && bob.synced)
      for (let i = 0; i < 100; i++) textOf(ann).insert(textOf(ann).length, `${i} `)
      await until('bob has it', () => textOf(bob).toJSON() === textOf(ann).toJSON())
      ann.disconnect()
      bob.disconnect()
      first.child.kill(signal)
      first.child.kill(signal)
      expect(await first.exit).toBe(0)

      const second = await startListening(dataDir)
      const reader = connect(second, 'notes')
      await until('the reader is synced', () => reader.synced)
      expect(textOf(reader).toJSON()).toBe(textOf(ann).toJSON())
      second.child.kill(signal)
      expect(await second.exit).toBe(0)
    },
  )

  it('sends connected clients away as it stops, so that they come back', async () => {
    const command = await startListening(await newDataDir())
    const ann = connect(command, 'notes')
    const codes: unknown[] = []
    ann.on('connection-close', (event) => codes.push(event?.code))
    await until('ann is synced', () => ann.synced)
    command.child.kill('SIGTERM')
    await until('ann is sent away', () => codes.length > 0)
    expect(codes[0]).toBe(1012)
    expect(ann.shouldConnect).toBe(true)
    ann.disconnect()
    expect(await command.exit).toBe(0)
  })

  it('stops on a signal that comes while it starts', async () => {
    const command = startCommand(await newDataDir(), { QUIRE_LOG_LEVEL: 'info' })
    await until('it has begun', () => command.child.pid !== undefined)
    command.child.kill('SIGTERM')
    expect([0, null]).toContain(await command.exit) // null: before it could listen to signals
  })

  it('exits 1 with one sentence where the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    onTestFinished(() => void taken.close())
    const { port } = taken.address() as AddressInfo // listening on TCP
    const command = startCommand(await newDataDir(), { QUIRE_PORT: String(port) })
    expect(await command.exit).toBe(1)
    expect(command.log).toMatch(
      new RegExp(`^quire: cannot listen on 127.0.0.1 port ${port}: .*EADDRINUSE.*\\n$`),
    )
  })

  it('exits 1 with one sentence where another process has the data', async () => {
    const dataDir = await newDataDir()
    const first = await startListening(dataDir)
    const second = startCommand(dataDir)
    expect(await second.exit).toBe(1)
    expect(second.log).toMatch(/^quire: data directory .* is in use by .*\n$/)
    expect(second.log).toContain(`process ${first.child.pid} `)
    first.child.kill('SIGTERM')
    expect(await first.exit).toBe(0)
  })

  it('exits 2 with a sentence for each option that is wrong', async () => {
    const command = startCommand(await newDataDir(), { QUIRE_HOST: '', QUIRE_PROT: '1' })
    expect(await command.exit).toBe(2)
    const lines = command.log.trimEnd().split('\n')
    expect(lines).toHaveLength(2)
    for (const line of lines) expect(line).toMatch(/^quire: QUIRE_(HOST|PROT): /)
  })

  it('goes on when nobody reads its standard output', async () => {
    const command = startCommand(await newDataDir())
    command.child.stdout?.destroy()
    await until('it listens', () => command.log.includes('"kind":"listening"'))
    command.child.kill('SIGTERM')
    expect(await command.exit).toBe(0)
  })

  it('goes on when nobody reads its standard error, and loses nothing', async () => {
    const dataDir = await newDataDir()
    // Node's own warnings, of each thread and of the process, go there past the log
    const warnings = `import { isMainThread } from 'node:worker_threads'
      if (isMainThread) process.on('SIGUSR2', () => process.emitWarning('of the process'))
      else process.emitWarning('of a thread')
      process.on('warning', ({ message }) => process.stdout.write(message))`
    const preload = `data:text/javascript,${encodeURIComponent(warnings)}`
    const command = startCommand(dataDir, {
      NODE_OPTIONS: `--import=${preload}`,
      QUIRE_LOG_LEVEL: 'trace',
    })
    command.child.stderr?.destroy()
    let said = ''
    command.child.stdout?.on('data', (text: Buffer) => (said += text.toString()))
    const isUp = (): boolean => command.url !== '' && said.includes('of a thread')
    await until('it listens', () => isUp() || command.child.exitCode !== null)
    expect(command.child.exitCode).toBeNull()
    const ann = connect(command, 'notes')
    await until('ann is synced', () => ann.synced)
    textOf(ann).insert(0, 'before ')
    command.child.kill('SIGUSR2')
    await until('it has warned', () => said.includes('of the process'))
    textOf(ann).insert(0, 'after ')
    const bob = connect(command, 'notes')
    await until('bob has it', () => textOf(bob).toJSON() === 'after before ')
    ann.disconnect()
    bob.disconnect()
    command.child.kill('SIGTERM')
    expect(await command.exit).toBe(0)

    const second = await startListening(dataDir)
    const reader = connect(second, 'notes')
    await until('the reader is synced', () => reader.synced)
    expect(textOf(reader).toJSON()).toBe('after before ')
    second.child.kill('SIGTERM')
    expect(await second.exit).toBe(0)
  })
})
