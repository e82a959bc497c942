/* Everybody connects in one moment, while the server is busy with something else. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { startServer, type ServerProcess } from '../harness/server-process.ts'

const CLIENTS = 1_000

let server: ServerProcess | null = null

afterEach(() => server?.remove())

/** What the system lets any process have; 511 was Node's own figure. */
const systemBacklog = (): number =>
  Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8').trim())

test.runIf(process.platform === 'linux' && systemBacklog() > CLIENTS)(
  'a thousand connections are made while the process takes none',
  async () => {
    server = await startServer()
    process.kill(server.pid, 'SIGSTOP')
    const sockets = Array.from({ length: CLIENTS }, () => {
      const socket = connect(server?.port ?? 0, '127.0.0.1')
      return { socket, connected: once(socket, 'connect') }
    })
    // those who find no place are not told so: their handshakes would be repeated for as long as it stands still
    await Promise.all(sockets.map(({ connected }) => connected))
    process.kill(server.pid, 'SIGCONT')
    const live = await fetch(`${server.url}/health/live`)
    expect(live.status).toBe(200)
    for (const { socket } of sockets) socket.destroy()
  },
)
