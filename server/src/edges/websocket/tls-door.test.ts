import { once } from 'node:events'
import { get, type RequestOptions } from 'node:https'
import {
  connect as connectTcp,
  createServer as createTcpServer,
  type AddressInfo,
  type Socket as TcpSocket,
} from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import type { IncomingMessage } from 'node:http'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import WebSocket from 'ws'
import type { QuireEvent } from '../../ports/observe.ts'
import { systemClock } from '../../runtime/system-clock.ts'
import { readCertificate } from './certificate.ts'
import { defaultEdgeLimits, type EdgeLimits } from './limits.ts'
import { serveCertificate } from './served-certificate.ts'
import { certificateFiles, selfSigned } from './testing/self-signed.ts'
import { PATIENCE_MS, until } from './testing/until.ts'
import { createWebSocketEdge, type EdgeBindings } from './web-socket-edge.ts'

vi.setConfig({ testTimeout: PATIENCE_MS })

/** More than what the system keeps for a connection. */
const LARGE_BYTES = 30 * 1024 * 1024

/** A server with TLS that echoes at `/binary` and says at `/` whether it is secure. */
const start = async (limits: Partial<EdgeLimits> = {}) => {
  const shown = selfSigned('first')
  const { files, write } = certificateFiles()
  write(shown)
  const events: QuireEvent[] = []
  const bugs: Error[] = []
  const certificate = serveCertificate(files, {
    clock: systemClock,
    handshakeMs: limits.handshakeMs ?? 10_000,
    observe: { event: (event) => void events.push(event) },
  })
  if (!certificate.ok) throw new Error(certificate.error.message)
  const edge = createWebSocketEdge({
    limits: { ...defaultEdgeLimits, ...limits },
    clock: systemClock,
    trustedProxies: [],
    onRefused: () => undefined,
    onBug: (error) => bugs.push(error),
  })
  const app = new Hono<{ Bindings: EdgeBindings }>()
  app.get('/', (c) => c.text(`${edge.isSecure(c.env.incoming)} ${c.req.url}`))
  app.get(
    '/binary',
    edge.upgrade((socket) => ({
      message: (frame) => socket.send(frame as never), // an echo's frames mean whatever the peer means
      drained: () => undefined,
      closed: () => undefined,
    })),
  )
  const server = edge.createServer(app.fetch, certificate.value.door)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    const ended = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await edge.close({ code: 1001, reason: '', graceMs: 1 })
    await ended
    expect(bugs).toEqual([])
  })
  app.get(
    '/large',
    edge.upgrade((socket) => {
      socket.send(new Uint8Array(LARGE_BYTES) as never)
      return { message: () => undefined, drained: () => undefined, closed: () => undefined }
    }),
  )
  const { port } = server.address() as AddressInfo // listening on TCP
  const ask = async (options: RequestOptions = {}): Promise<string> => {
    const asked = get({ port, host: '127.0.0.1', ca: shown.cert, agent: false, ...options })
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    return text(answer)
  }
  const open = async (ca: string): Promise<WebSocket> => {
    const socket = new WebSocket(`wss://127.0.0.1:${port}/binary`, { ca })
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    return socket
  }
  const connections = (): Promise<number> =>
    new Promise((resolve) => server.getConnections((_, count) => resolve(count)))
  return {
    shown,
    files,
    write,
    events,
    certificate: certificate.value,
    edge,
    port,
    ask,
    open,
    connections,
  }
}

/** A line to a port that carries no more than 64 KiB in 4 ms back. */
const startSlowLine = async (port: number): Promise<number> => {
  const line = createTcpServer((client) => {
    const server = connectTcp(port, '127.0.0.1')
    client.pipe(server)
    for (const end of [client, server]) end.on('error', () => undefined)
    server.on('close', () => client.destroy())
    server.on('data', (bytes) => {
      client.write(bytes)
      server.pause()
      setTimeout(() => server.resume(), 4)
    })
  }).listen(0, '127.0.0.1')
  await once(line, 'listening')
  onTestFinished(() => void line.close())
  return (line.address() as AddressInfo).port // listening on TCP
}

/** However it ends. */
const closed = (socket: TcpSocket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()))

const echo = async (socket: WebSocket, bytes: Uint8Array): Promise<Uint8Array> => {
  socket.send(bytes)
  const [message] = (await once(socket, 'message')) as [Buffer]
  return message
}

describe('a server with a certificate', () => {
  it('speaks https and wss to whoever trusts it, and knows that it does', async () => {
    const { shown, ask, open, port } = await start()
    expect(await ask()).toBe(`true https://127.0.0.1:${port}/`)
    const socket = await open(shown.cert)
    const large = new Uint8Array(5_000_000).map((_, i) => i)
    expect(Buffer.compare(await echo(socket, large), large)).toBe(0)
    socket.close()
    const [code] = (await once(socket, 'close')) as [number]
    expect(code).toBe(1005)
  })

  it('speaks no TLS before 1.2, and HTTP to nobody', async () => {
    const { port, ask } = await start()
    const old = connectTls({
      port,
      host: '127.0.0.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    })
    const [error] = (await once(old, 'error')) as [Error]
    expect(error.message).toMatch(/alert|version|protocol/i)
    const plain = connectTcp(port, '127.0.0.1')
    plain.on('error', () => undefined)
    plain.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    expect(await text(plain).catch(() => '')).not.toContain('HTTP/1.1')
    expect(await ask()).toMatch(/^true /)
  })

  it('gives back the place of whoever is gone, before and after the handshake', async () => {
    const { port, connections, edge, open, shown } = await start()
    const early = connectTcp(port, '127.0.0.1')
    await once(early, 'connect')
    const socket = await open(shown.cert)
    await vi.waitFor(async () => expect(await connections()).toBe(2))
    early.destroy()
    socket.terminate()
    await vi.waitFor(async () => expect(await connections()).toBe(0))
    await until(() => expect(edge.figures()).toEqual({ sockets: 0, handshakes: 0 }))
  })

  it('waits for a TLS handshake no longer than for another one', async () => {
    const { port } = await start({ handshakeMs: 150 })
    const silent = connectTcp(port, '127.0.0.1')
    silent.on('error', () => undefined)
    await once(silent, 'close')
    expect(silent.bytesRead).toBe(0)
  })

  it('drops who is still shaking hands as it closes, and whoever comes then, but nobody who is in', async () => {
    const { port, certificate, open, shown, connections } = await start({ handshakeMs: 600_000 })
    const socket = await open(shown.cert)
    const half = connectTcp(port, '127.0.0.1')
    half.on('error', () => undefined)
    half.write(Uint8Array.of(22, 3, 1)) // the first bytes of a ClientHello
    await vi.waitFor(async () => expect(await connections()).toBe(2))
    const ended = closed(half)
    certificate.door.close()
    certificate.door.close()
    await ended
    const late = connectTcp(port, '127.0.0.1')
    late.on('error', () => undefined)
    await closed(late)
    expect([...(await echo(socket, Uint8Array.of(1, 2)))]).toEqual([1, 2])
    await vi.waitFor(async () => expect(await connections()).toBe(1))
  })

  it('counts before it shakes hands', async () => {
    const { port, ask } = await start({ connections: 1 })
    const first = connectTcp(port, '127.0.0.1')
    await once(first, 'connect')
    await expect(ask()).rejects.toThrow(/disconnected|ECONNRESET|hang up/)
    first.destroy()
  })
})

it('who reads a large message slowly is alive as long as bytes are taken, though no pong comes', async () => {
  const { port, shown } = await start({ silenceMs: 400, queuedBytes: 2 * LARGE_BYTES })
  const slow = await startSlowLine(port)
  const socket = new WebSocket(`wss://127.0.0.1:${slow}/large`, { ca: shown.cert })
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  const since = performance.now()
  const [outcome] = (await Promise.race([once(socket, 'message'), once(socket, 'close')])) as [
    unknown,
  ]
  expect(outcome).toHaveProperty('length', LARGE_BYTES)
  expect(performance.now() - since).toBeGreaterThan(1_000) // twice the silence that ends a socket
})

describe('a certificate that is read anew', () => {
  it('is shown to whoever comes, and sockets that are open stay open', async () => {
    const { write, certificate, events, open, shown, ask } = await start()
    const socket = await open(shown.cert)
    const next = selfSigned('second')
    write(next)
    expect(certificate.reload()).toEqual({ ok: true, value: undefined })
    expect(events).toEqual([{ kind: 'tls-reloaded', validTo: expect.stringMatching(/GMT$/) }])
    expect([...(await echo(socket, Uint8Array.of(1, 2)))]).toEqual([1, 2])
    expect(await ask({ ca: next.cert })).toMatch(/^true /)
    await expect(ask()).rejects.toThrow('self-signed certificate')
  })

  it('that is broken changes nothing, and is told', async () => {
    const { write, certificate, events, files, ask } = await start()
    write({ key: selfSigned('other').key })
    expect(certificate.reload().ok).toBe(false)
    write({ cert: 'nonsense' })
    expect(certificate.reload().ok).toBe(false)
    expect(events).toEqual([
      {
        kind: 'tls-reload-failed',
        problem: `${files.key} is not the key of the certificate in ${files.cert}`,
      },
      { kind: 'tls-reload-failed', problem: `${files.cert} holds no certificate, as PEM` },
    ])
    expect(await ask()).toMatch(/^true /)
  })
})

describe('a certificate that is not valid now', () => {
  const DAY_MS = 86_400_000
  it.each([
    ['has ended', -2 * DAY_MS],
    ['has not begun', 2 * DAY_MS],
  ])('as it %s replaces no other one', async (_, aheadMs) => {
    const { write, certificate, events, ask } = await start()
    write(selfSigned('own', Date.now() + aheadMs))
    expect(certificate.reload()).toMatchObject({ ok: false, error: { of: 'cert' } })
    const problem = expect.stringMatching(/ is valid from .* GMT to .* GMT, and not now$/)
    expect(events).toEqual([{ kind: 'tls-reload-failed', problem }])
    expect(await ask()).toMatch(/^true /)
  })

  it('is shown where there is no other one, and that is told', () => {
    const { files, write } = certificateFiles()
    write(selfSigned('own', Date.now() - 2 * DAY_MS))
    const events: QuireEvent[] = []
    const observe = { event: (event: QuireEvent) => void events.push(event) }
    const served = serveCertificate(files, { clock: systemClock, handshakeMs: 1_000, observe })
    expect(served.ok).toBe(true)
    const problem = expect.stringMatching(/, and not now$/)
    expect(events).toEqual([{ kind: 'tls-outdated', problem }])
  })
})

describe('files that are no certificate and its key', () => {
  it.each([
    [{ cert: '' }, 'cert', /holds no certificate, as PEM$/],
    [
      { cert: '-----BEGIN CERTIFICATE-----\nhush\n-----END CERTIFICATE-----\n' },
      'cert',
      /holds no/,
    ],
    [{ key: 'hush' }, 'key', /holds no private key without a passphrase, as PEM$/],
    [{ key: selfSigned('other').key }, 'key', /is not the key of the certificate in /],
  ] as const)(
    '%o: of the %s it is told what is wrong, and nothing that stands in it',
    (wrong, of, words) => {
      const { files, write } = certificateFiles()
      write({ ...selfSigned('own'), ...wrong })
      const read = readCertificate(files)
      expect(read).toEqual({ ok: false, error: { of, message: expect.stringMatching(words) } })
      expect(JSON.stringify(read)).not.toContain('hush')
    },
  )

  it('that are told as they are, and not by their paths, are told to nobody', () => {
    const { cert, key } = selfSigned('own')
    const read = readCertificate({ cert, key })
    expect(read).toMatchObject({ ok: false, error: { of: 'cert' } })
    expect(JSON.stringify(read)).not.toContain(cert.split('\n')[1])
  })

  it('that are not there, or are no files', () => {
    const { files } = certificateFiles()
    expect(readCertificate(files)).toMatchObject({
      error: { of: 'cert', message: expect.stringContaining('ENOENT') },
    })
    expect(readCertificate({ cert: '/', key: '/' })).toMatchObject({
      error: { of: 'cert', message: expect.stringContaining('EISDIR') },
    })
  })
})
