import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { decodeNotice, QUIRE_SUBPROTOCOL } from '@quire/shared'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { startApp, type TestApp } from './testing/app.ts'

let app: TestApp
beforeAll(async () => {
  app = await startApp({ editorRoot: '/nonexistent', allowedOrigins: ['https://app.example'] })
})
afterAll(() => app.stop())

const connect = (protocols: readonly string[], options: WebSocket.ClientOptions = {}): WebSocket =>
  new WebSocket(`${app.url.replace('http', 'ws')}/sync`, [...protocols], options)

/** What is answered to a handshake that is refused. */
const refusal = async (socket: WebSocket): Promise<{ status: number; body: string }> => {
  socket.on('error', () => {})
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  return { status: response.statusCode ?? 0, body: await text(response) }
}

describe('/sync', () => {
  it('[P22] speaks the subprotocol, among others that are offered', async () => {
    const socket = connect(['quire.v9', QUIRE_SUBPROTOCOL])
    const [greeting] = (await once(socket, 'message')) as [Buffer]
    expect(socket.protocol).toBe(QUIRE_SUBPROTOCOL)
    expect([...greeting.subarray(0, 2)]).toEqual([0, 0])
    socket.close()
    await once(socket, 'close')
  })

  it.each([[[]], [['quire.v9']]])(
    '[P22] refuses who offers %j, naming what it speaks',
    async (protocols) => {
      expect(await refusal(connect(protocols))).toEqual({
        status: 400,
        body: `this server speaks the subprotocol ${QUIRE_SUBPROTOCOL}\n`,
      })
    },
  )

  it('[P29] tells a page of a foreign origin to stop, and takes one that is allowed', async () => {
    const foreign = connect([QUIRE_SUBPROTOCOL], { origin: 'https://evil.example' })
    const told: unknown[] = []
    foreign.on('message', (frame: Buffer) => {
      const notice = decodeNotice(frame)
      told.push(notice.ok ? notice.value.message : notice.error)
    })
    const [code] = (await once(foreign, 'close')) as [number]
    expect(code).toBe(4403)
    expect(told).toMatchObject([
      { kind: 'hello' },
      {
        kind: 'farewell',
        code: 4403,
        advice: 'stop',
        reason: expect.stringContaining('https://evil.example'),
      },
    ])
    expect(app.server.events).toContainEqual(
      expect.objectContaining({ kind: 'session-closed', close: 'forbidden' }),
    )
    const listed = connect([QUIRE_SUBPROTOCOL], { origin: 'https://app.example' })
    await once(listed, 'open')
    listed.terminate()
  })

  it('tells a plain request to upgrade', async () => {
    const response = await fetch(`${app.url}/sync`)
    expect(response.status).toBe(426)
    await response.body?.cancel()
  })
})
