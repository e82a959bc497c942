/* Many documents at once: the bounds of imports and exports, and what is damaged. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ok } from '@quire/shared'
import { memoryStorage } from './index.ts'
import { linesOf } from './http/api/lines.ts'
import { createManualClock } from './runtime/testing/manual-clock.ts'
import { withWeather } from './storage/testing/weather.ts'
import { startApi, tokenFor } from './testing/api-server.ts'

const READ_MS = 60_000
const LIMIT = 65_536

const linesIn = async (text: string): Promise<Record<string, unknown>[]> =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** The lines of a body that comes in these chunks, and how many bytes were held meanwhile. */
const read = async (chunks: Iterable<string | Uint8Array>, clock = createManualClock()) => {
  const held = { now: 0, most: 0 }
  const take = (bytes: number) => {
    held.now += bytes
    held.most = Math.max(held.most, held.now)
    return ok(() => void (held.now -= bytes))
  }
  const encoder = new TextEncoder()
  const bytes = function* () {
    for (const one of chunks)
      yield typeof one === 'string' ? encoder.encode(one) : new Uint8Array(one)
  }
  const body = ReadableStream.from(bytes())
  const lines = []
  for await (const line of linesOf({ body }, { clock, readMs: READ_MS, limit: LIMIT, take }))
    lines.push(line.kind === 'line' ? line.text : `! ${line.message}`)
  return { lines, held, clock }
}

describe('the lines of a body', () => {
  it('are none where it is twenty million newlines', async () => {
    const chunk = new Uint8Array(1024 * 1024).fill(10)
    const { lines, held } = await read(Array<Uint8Array>(20).fill(chunk))
    expect(lines).toEqual([])
    expect(held.most).toBe(0)
  })

  it('are put together of whatever comes, end in any way, and are counted while they are held', async () => {
    const { lines, held, clock } = await read(['{"a', '":1}\r\n\r', '\n\n', ...'tiny', '\nlast'])
    expect(lines).toEqual(['{"a":1}', 'tiny', 'last'])
    expect(held.most).toBeGreaterThan(6)
    expect(held.now).toBe(0)
    expect(clock.timers).toBe(0)
  })

  it('are cut where they drip', async () => {
    const clock = createManualClock()
    const drip = function* () {
      for (let i = 0; i < 1_000; i++) {
        clock.advance(500)
        yield `{"line":${i}}\n`
      }
    }
    const { lines } = await read(drip(), clock)
    expect(lines.length).toBeLessThan(130)
    expect(lines.at(-1)).toMatch(/^! less than 2097152 bytes of the body came in 60000 ms/)
  })

  it('are not the sender’s delay while they are worked on', async () => {
    const clock = createManualClock()
    const bytes = new TextEncoder().encode('1\n2\n3\n')
    const body = ReadableStream.from([bytes.subarray(0, 2), bytes.subarray(2)])
    const bounds = { clock, readMs: READ_MS, limit: LIMIT, take: () => ok(() => undefined) }
    const lines = []
    for await (const line of linesOf({ body }, bounds)) {
      clock.advance(2 * READ_MS)
      lines.push(line.kind)
    }
    expect(lines).toEqual(['line', 'line', 'line'])
  })
})

/** A server whose storage waits where it is told to, somebody who takes logins back, and one whose it is. */
const startRevoking = async () => {
  const weather = withWeather(memoryStorage())
  const server = await startApi({ storage: weather.storage })
  return { weather, admin: await server.client(), theirs: await server.client({ jti: 't1' }) }
}

const textOf = async (lines: Promise<ReadableStream<Uint8Array>>): Promise<string> =>
  new Response(await lines).text()

const startImport = async (url: string) => {
  const { port, host } = new URL(url)
  const token = await tokenFor()
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => undefined) // it is to be cut
  socket.write(
    `POST /api/v1/import HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n`,
  )
  return socket
}

describe('an import', () => {
  it('whose answer nobody reads is cut', async () => {
    const server = await startApi({ limits: { maxReadMs: 500 } })
    const socket = await startImport(server.url)
    socket.pause()
    const lines = '{"no":"document"}\n'.repeat(50_000)
    const chunk = `${lines.length.toString(16)}\r\n${lines}\r\n`
    const cut = new Promise((resolve) => socket.once('close', resolve))
    const send = (): void => {
      while (!socket.destroyed && socket.write(chunk));
      if (!socket.destroyed) socket.once('drain', send)
    }
    send()
    await cut
    expect((await (await server.client()).list()).documents).toEqual([])
  })

  it('under a login that is taken back takes no line that comes after that', async () => {
    const { weather, admin, theirs } = await startRevoking()
    const lines = ['a', 'b', 'c', 'd'].map((name) => JSON.stringify({ name, update: 'AAA=' }))
    weather.hold('create')
    const text = textOf(theirs.import(new TextEncoder().encode(lines.join('\n'))))
    await weather.called('create', 1)
    await admin.revoke({ token: 't1', document: 'b', access: 'read' })
    weather.releaseOne('create')
    await weather.called('create', 2)
    await admin.revoke({ token: 't1', access: 'none' })
    weather.release('create')
    expect(await linesIn(await text)).toEqual([
      { line: 1, name: 'a', result: 'created' },
      {
        line: 2,
        name: 'b',
        result: 'failed',
        detail: 'this login was revoked but for its read access',
      },
      { line: 3, name: 'c', result: 'created' },
      { line: 4, name: 'd', result: 'failed', detail: 'this login was revoked' },
      { done: true, lines: 4 },
    ])
    expect((await admin.list()).documents.map(({ name }) => name)).toEqual(['a', 'c'])
  })

  it('keeps when a document was made, and refuses names that no URL leads to', async () => {
    const { client } = await startApi()
    const api = await client()
    const lines = [
      { name: 'old', update: 'AAA=', createdAt: '2020-01-02T03:04:05.000Z' },
      { name: '..', update: 'AAA=' },
      { name: 'x', update: 'AAA=', authors: [[2 ** 53, 0, 'ann']] },
      7,
    ]
    const body = new TextEncoder().encode(lines.map((line) => JSON.stringify(line)).join('\r\n'))
    const told = await linesIn(await new Response(await api.import(body)).text())
    expect(told.map(({ result }) => result)).toEqual([
      'created',
      'failed',
      'failed',
      'failed',
      undefined,
    ])
    expect(told.map(({ detail = '' }) => detail)).toEqual([
      '',
      expect.stringContaining('line.name: a document is not named . or ..'),
      expect.stringContaining('line.authors.0.0: '),
      expect.stringMatching(/^line: /),
      '',
    ])
    expect(await api.document('old').facts()).toMatchObject({
      createdAt: '2020-01-02T03:04:05.000Z',
    })
    await expect(api.create('.')).rejects.toMatchObject({ status: 400 })
    await expect(api.document('old').duplicate('..')).rejects.toMatchObject({ status: 400 })
    expect(() => api.document('..')).toThrow(/no URL/)
  })
})

describe('an export', () => {
  it('goes on behind what is damaged, says so, and tells whoever runs the server', async () => {
    const memory = memoryStorage()
    const broken = new Map<number, 'damaged' | 'broken'>()
    const storage = new Proxy(memory, {
      get: (target, key, receiver) => {
        const own: unknown = Reflect.get(target, key, receiver)
        if (key !== 'read') return typeof own === 'function' ? own.bind(target) : own
        return (id: Parameters<typeof memory.read>[0]) => {
          if (broken.get(id) === 'broken') throw new Error('a bug in the storage')
          if (broken.get(id) === undefined) return memory.read(id)
          return { ok: false, error: { kind: 'corrupt', message: 'page 7 is torn' } }
        }
      },
    })
    const server = await startApi({ storage })
    const [from, to] = [await server.client(), await (await startApi()).client()]
    for (const name of ['a', 'b', 'c', 'd']) {
      const { id } = await from.create(name)
      if (name === 'b') broken.set(id, 'damaged')
      if (name === 'c') broken.set(id, 'broken')
    }
    const text = await new Response(await from.export()).text()
    const lines = await linesIn(text)
    expect(lines.map(({ name, result }) => [name, result])).toEqual([
      ['a', undefined],
      ['b', 'failed'],
      ['c', 'failed'],
      ['d', undefined],
      [undefined, undefined],
    ])
    expect(lines.at(-1)).toEqual({ done: true, documents: 2, failed: 2 })
    expect(text).not.toContain('page 7')
    const told = server.events.filter(({ kind }) => kind === 'request-failed')
    expect(told.map((event) => 'problem' in event && event.problem)).toEqual([
      'export: "b": page 7 is torn',
      'export: "c": Error: a bug in the storage',
    ])
    const imported = await linesIn(
      await new Response(await to.import(new TextEncoder().encode(text))).text(),
    )
    expect(imported.map(({ result }) => result)).toEqual([
      'created',
      'skipped',
      'skipped',
      'created',
      undefined,
    ])
  })

  it('under a login that is taken back has no document from then on', async () => {
    const { weather, admin, theirs } = await startRevoking()
    for (const name of ['a', 'b', 'c', 'd']) await admin.create(name)
    weather.hold('read')
    const text = textOf(theirs.export())
    await weather.called('read', 1)
    weather.releaseOne('read')
    await weather.called('read', 2)
    await admin.revoke({ token: 't1', document: 'c', access: 'comment' })
    await admin.revoke({ token: 't1', document: 'b', access: 'none' }) // which is being read
    weather.release('read')
    const lines = await linesIn(await text)
    expect(lines.map(({ name, result, detail }) => [name, result, detail])).toEqual([
      ['a', undefined, undefined],
      ['b', 'failed', 'this login was revoked'],
      ['c', 'failed', 'this login was revoked but for its comment access'],
      ['d', undefined, undefined],
      [undefined, undefined, undefined],
    ])
    expect(lines.at(-1)).toEqual({ done: true, documents: 2, failed: 2 })
    expect(weather.calls.read).toBe(3) // nothing is read of what is not given
  })

  it('whose reader stalls is cut', async () => {
    const server = await startApi({ limits: { maxReadMs: 500 } })
    const api = await server.client()
    const content = { format: 'text', value: 'x'.repeat(900_000) } as const
    for (let i = 0; i < 8; i++) await api.create(`large ${i}`, { content })
    const { port, host } = new URL(server.url)
    const token = await tokenFor()
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => undefined) // it is to be cut
    const [theirs] = (await once(server.http, 'connection')) as [Socket] // as node:http has it
    const cut = once(theirs, 'close')
    socket.write(
      `GET /api/v1/export HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    )
    socket.pause()
    await cut
    socket.destroy()
    expect(theirs.bytesWritten).toBeLessThan(8 * 900_000)
  })
})
