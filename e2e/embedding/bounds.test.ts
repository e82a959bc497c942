/* What bounds a client on a server that is not Quire's own: everything but the bounds on connections. */
import { once } from 'node:events'
import { request } from 'node:http'
import { createQuire, memoryStorage, openAuth, type QuireOptions } from '@quire/server'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { HOSTS, startHost } from './hosts.ts'

const start = async (options: Partial<QuireOptions>): Promise<string> => {
  const quire = createQuire({ storage: memoryStorage(), authorize: openAuth, ...options })
  onTestFinished(() => quire.close({ graceMs: 500 }))
  const make = HOSTS['node:http']
  if (make === undefined) throw new Error('there is no such host')
  const host = await startHost(make, [{ quire, basePath: options.basePath ?? '' }])
  onTestFinished(() => host.stop())
  return host.url
}

const open = async (url: string, headers: Record<string, string> = {}): Promise<WebSocket> => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/yjs/notes`, { headers })
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

/** How a server answers a target as it is written: `fetch` would tidy it up first. */
const statusOf = async (url: string, path: string, headers = {}): Promise<number | undefined> => {
  const { port } = new URL(url)
  const asked = request({ port, path, host: '127.0.0.1', headers }).end()
  const [answer] = await once(asked, 'response')
  answer.resume()
  return answer.statusCode
}

it('a message above the limit closes its socket with 1009', async () => {
  const socket = await open(await start({ limits: { maxMessageBytes: 2_000 } }))
  socket.send(new Uint8Array(2_001))
  expect((await once(socket, 'close'))[0]).toBe(1009)
})

it('a client that answers no ping is gone', async () => {
  const socket = new WebSocket(
    `${(await start({ limits: { maxSilenceMs: 1_000 } })).replace('http', 'ws')}/yjs/notes`,
    { autoPong: false },
  )
  onTestFinished(() => socket.terminate())
  expect((await once(socket, 'close'))[0]).toBe(1013)
})

it('sockets have places, of all and of each address behind a proxy', async () => {
  const limits = { maxSessions: 3, maxSessionsPerAddress: 2 }
  const url = await start({ limits, trustedProxies: ['127.0.0.1'] })
  const from = (address: string) => open(url, { 'X-Forwarded-For': address })
  await from('192.0.2.1')
  await from('192.0.2.1')
  await expect(from('192.0.2.1')).rejects.toThrow('429')
  await from('192.0.2.2')
  await expect(from('192.0.2.3')).rejects.toThrow('503')
})

it('requests and handshakes of an address are counted', async () => {
  const limits = { maxRequestsPerMinute: 2, maxHandshakesPerMinute: 1 }
  const url = await start({ limits, trustedProxies: ['127.0.0.1'] })
  const headers = { 'X-Forwarded-For': '192.0.2.1' }
  const statuses: unknown[] = []
  for (let asked = 0; asked < 3; asked++) statuses.push(await statusOf(url, '/ready', headers))
  expect(statuses).toEqual([200, 200, 429])
  await open(url, headers)
  await expect(open(url, headers)).rejects.toThrow('429')
})

it('a page of a foreign origin is sent away', async () => {
  const socket = await open(await start({}), { Origin: 'https://evil.example' })
  expect((await once(socket, 'close'))[0]).toBe(4403)
})

it('a target that two readers may read differently is refused', async () => {
  const url = await start({ basePath: '/collab' })
  expect(await statusOf(url, '/collab/yjs/a\\..\\x')).toBe(400)
  expect(await statusOf(url, '/collab/d/%zz/as-update')).toBe(400)
  expect(await statusOf(url, '/collab/yjs/../../own')).toBe(404) // a path of Quire's, and of no route
})
