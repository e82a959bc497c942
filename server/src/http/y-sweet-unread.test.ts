/* Documents that were asked for, and are read slowly or not at all. */
import type { Socket } from 'node:net'
import { millis } from '@quire/shared'
import { describe, expect, it, vi } from 'vitest'
import { openAuth } from '../auth/open.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import type { TestApp } from './testing/app.ts'
import {
  answerOf,
  dial,
  during,
  managerOf,
  start,
  textOf,
  until,
  updateOf,
} from './testing/y-sweet.ts'

/** More than the system takes in for a reader that reads nothing. */
const LONG_BYTES = 14_400_000

const writeLong = async (app: TestApp): Promise<void> => {
  const update = (i: number) => updateOf(String.fromCodePoint(97 + i).repeat(LONG_BYTES / 16))
  for (let i = 0; i < 16; i++) await during(app, managerOf(app).updateDoc('long', update(i)))
}

/** Asks for the long document before anybody else does, and reads nothing of it. */
const askForLong = async (app: TestApp, fields = ''): Promise<Socket> => {
  const { calls } = app.server.weather
  const { read } = calls
  const socket = await dial(app)
  socket.pause()
  socket.write(`GET /d/long/as-update HTTP/1.1\r\nHost: 127.0.0.1\r\n${fields}\r\n`)
  await until(app, 'it is read from the disk', () => calls.read > read)
  return socket
}

describe('a document that nobody reads', () => {
  it('is held no longer than the time to read it', async () => {
    const app = await start({ readMs: 500 })
    await writeLong(app)
    const stalled = await askForLong(app)
    await until(app, 'the answer begins', () => {
      stalled.read(0) // takes in what there is as far as a buffer goes, and no more until that is read
      return stalled.readableLength > 0
    })
    const since = Date.now()
    await until(app, 'longer than it has', () => Date.now() - since > 3_000)
    let [bytes, isOver] = [0, false]
    stalled.on('data', (chunk: Buffer) => (bytes += chunk.length))
    stalled.on('close', () => (isOver = true))
    stalled.resume()
    await until(app, 'it is cut off', () => isOver)
    expect(bytes).toBeLessThan(LONG_BYTES)
  })

  it('takes the room of others only until its reader is gone', async () => {
    const app = await start() // 4 MiB of answers
    await writeLong(app)
    const stalled = await askForLong(app)
    let answer = ''
    const refused = async (): Promise<boolean> => {
      const response = await during(app, fetch(`${app.url}/d/long/as-update`))
      answer = await response.text()
      return response.status === 503
    }
    while (!(await refused())) await until(app, 'it is read', () => true)
    expect(answer).toMatch(/answers hold 144\d{5} bytes, limit 4194304/)
    stalled.destroy()
    while (await refused()) await until(app, 'the other is gone', () => true)
    expect(answer.length).toBeGreaterThan(LONG_BYTES)
  })

  it('is not even opened for who went away while others were in front', async () => {
    const heard: string[] = []
    const app = await start({
      auth: {
        ...openAuth,
        authorize: (request) => {
          heard.push(request.document)
          return openAuth.authorize(request)
        },
      },
    })
    const { calls, storage } = app.server.weather
    for (const id of ['a', 'b', 'c', 'd'])
      await storage.create(nameOf(id), { key: null, seed: null, at: millis(1) })
    app.server.weather.hold('open')
    const ask = async (id: string): Promise<Socket> => {
      const socket = await dial(app)
      socket.write(`GET /d/${id}/as-update HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
      return socket
    }
    const ahead = [await ask('a'), await ask('b')]
    await until(app, 'two are under way', () => calls.open === 2)
    const gone = await ask('c')
    await until(app, 'it is heard', () => heard.includes('c'))
    gone.destroy()
    await vi.waitFor(async () => expect(await app.connections()).toBe(2))
    app.server.weather.release('open')
    for (const socket of ahead) expect(await answerOf(app, socket)).toMatch(/^HTTP\/1\.1 200/)
    expect(textOf(await during(app, managerOf(app).getDocAsUpdate('d')))).toBe('')
    expect(calls.open).toBe(3)
  })

  it('takes the share of its address, and of no other', async () => {
    const app = await start({ trustedProxies: ['127.0.0.1'], maxAnswerBytes: 4 * LONG_BYTES })
    await writeLong(app)
    const stalled = await askForLong(app, 'X-Forwarded-For: 192.0.2.1\r\n')
    const ask = (address: string) => {
      const headers = { 'X-Forwarded-For': address }
      return during(app, fetch(`${app.url}/d/long/as-update`, { headers }))
    }
    let refused = await ask('192.0.2.1')
    for (; refused.status === 200; refused = await ask('192.0.2.1')) await refused.arrayBuffer()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
    expect(await refused.text()).toContain('answers to your address hold 14400000 bytes')
    const other = await ask('192.0.2.2')
    expect((await other.arrayBuffer()).byteLength).toBeGreaterThan(LONG_BYTES)
    stalled.destroy()
    await until(app, 'it is gone', () => stalled.closed)
    let status = 0
    while (status !== 200) {
      const again = await ask('192.0.2.1')
      ;({ status } = again)
      await again.arrayBuffer()
    }
  })
})
