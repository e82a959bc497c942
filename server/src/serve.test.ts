import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { readConfig } from './config.ts'
import { certificateFiles, selfSigned } from './edges/websocket/testing/self-signed.ts'
import type { QuireEvent } from './ports/observe.ts'
import * as quire from './index.ts'
import { createMemory, createMemoryStorage } from './storage/memory.ts'
import { nameOf } from './storage/contract/fixture.ts'
import { withWeather } from './storage/testing/weather.ts'

/** Client 7 types x into the text "text". */
const HELLO = Uint8Array.from([0, 2, 14, 1, 1, 7, 0, 4, 1, 4, 116, 101, 120, 116, 1, 120, 0])

/** A server on a free port whose storage is under weather. */
const startServer = async (maxDrainMs: number, options: Record<string, string> = {}) => {
  const config = readConfig({ port: '0', maxDrainMs: String(maxDrainMs), ...options }, {})
  if (!config.ok) throw new Error(config.error.join())
  const memory = createMemory()
  const weather = withWeather(createMemoryStorage(memory))
  const events: QuireEvent[] = []
  const server = await quire.serve(config.value, {
    storage: weather.storage,
    observe: { event: (event) => events.push(event) },
  })
  if (!server.ok) throw new Error(server.error)
  onTestFinished(() => void server.value.close())
  const connect = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`${server.value.url.replace('http', 'ws')}/yjs/notes`)
    onTestFinished(() => socket.terminate())
    await once(socket, 'message')
    return socket
  }
  return { server: server.value, weather, memory, events, connect }
}

describe('a server', () => {
  it('[R10] closes by its deadline when the storage hangs, and says what it left', async () => {
    const { server, weather, events, connect } = await startServer(400)
    const socket = await connect()
    weather.hold('append')
    socket.send(HELLO)
    await weather.called('append', 1)
    const startedAt = performance.now()
    const closed = await server.close()
    expect(performance.now() - startedAt).toBeLessThan(5_000) // 400 ms, and a busy machine
    expect(closed).toEqual({ ok: false, error: '1 documents could not be saved within 400 ms' })
    expect(events).toContainEqual({ kind: 'drained', left: 1 })
  })

  it('[R10] closes by its deadline when the storage cannot be given back', async () => {
    const { server, weather } = await startServer(400)
    weather.storage.close = () => new Promise(() => undefined)
    const closed = await server.close()
    expect(closed.ok ? null : closed.error).toMatch(
      /^the storage did not close within [1-4]\d\d ms$/,
    )
  })

  it('[R10] saves what it can even in the shortest time', async () => {
    const { server, weather, memory, connect } = await startServer(100)
    const socket = await connect()
    weather.hold('append')
    socket.send(HELLO)
    await weather.called('append', 1)
    const closed = server.close()
    weather.release('append')
    expect((await closed).ok).toBe(true)
    expect(memory.byName.get(nameOf('notes'))?.tail.length).toBe(1)
  })

  it('closes once, however often it is asked to', async () => {
    const { server, events, connect } = await startServer(5_000)
    const socket = await connect()
    const ended = once(socket, 'close')
    const closed = await Promise.all([server.close(), server.close()])
    expect(closed.map(({ ok }) => ok)).toEqual([true, true])
    expect((await server.close()).ok).toBe(true)
    expect((await ended)[0]).toBe(1012)
    expect(events.filter(({ kind }) => kind === 'drained')).toHaveLength(1)
    await expect(fetch(server.url)).rejects.toThrow('fetch failed')
  })

  it('that speaks TLS lets go of who has not shaken hands as it closes', async () => {
    const { files, write } = certificateFiles()
    const own = selfSigned('own')
    write(own)
    const { server } = await startServer(400, {
      tlsCert: files.cert,
      tlsKey: files.key,
      maxHandshakeMs: '60000',
    })
    const half = connectTcp(Number(new URL(server.url).port), '127.0.0.1')
    half.on('error', () => undefined)
    await once(half, 'connect')
    half.write(Uint8Array.of(22, 3, 1)) // the first bytes of a ClientHello
    const ended = new Promise<void>((resolve) => half.once('close', () => resolve()))
    const asked = get(`${server.url}/health/live`, { ca: own.cert, agent: false })
    const [answer] = (await once(asked, 'response')) as [IncomingMessage] // so the one before is accepted as well
    answer.resume()
    expect((await server.close()).ok).toBe(true)
    await ended
  })

  it('that is open answers nothing to the page of a name that somebody has pointed here', async () => {
    const { server } = await startServer(5_000)
    const { port } = new URL(server.url)
    const ask = async (host: string, path: string): Promise<number | undefined> => {
      // a GET of a page of the same origin says nothing but this; `fetch` would set Host by itself
      const headers = { Host: `${host}:${port}` }
      const asked = request({ host: '127.0.0.1', port, path, headers, agent: false }).end()
      const [answer] = (await once(asked, 'response')) as [IncomingMessage]
      answer.resume()
      return answer.statusCode
    }
    expect(await ask('127.0.0.1', '/api/v1/export')).toBe(200)
    expect(await ask('localhost', '/api/v1/export')).toBe(200)
    for (const path of ['/api/v1/export', '/d/notes/as-update', '/sync/stream'])
      expect(await ask('evil.example', path)).toBe(403)
    expect(await ask('evil.example', '/health/live')).toBe(200)
  })

  it('holds clients to the bounds of its options', async () => {
    const { connect } = await startServer(1_000)
    const socket = await connect()
    const ended = once(socket, 'close')
    socket.send(new Uint8Array(16 * 1024 * 1024 + 1))
    expect((await ended)[0]).toBe(1009)
  })
})
