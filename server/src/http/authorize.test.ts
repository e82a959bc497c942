/* An embedder's function, asked about clients of every family with what they came with. */
import { once } from 'node:events'
import {
  encodeChannelRequest,
  encodeConnectionRequest,
  QUIRE_REVISION,
  QUIRE_SUBPROTOCOL,
} from '@quire/shared'
import { describe, expect, it, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { createAuthorizeAuth, type AuthorizeQuestion } from '../auth/authorize.ts'
import type { QuireEvent } from '../ports/observe.ts'
import { systemClock } from '../runtime/system-clock.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { withoutToken } from './request-facts.ts'
import { startApp } from './testing/app.ts'

/** Lets in whoever has the cookie of a session, and notes what it was asked. */
const start = async (trustedProxies: readonly string[] = []) => {
  const questions: AuthorizeQuestion[] = []
  const auth = createAuthorizeAuth(
    (question) => {
      questions.push(question)
      const isKnown = question.request?.headers.get('cookie')?.includes('sid=7') === true
      return isKnown
        ? { access: 'write', user: 'ann' }
        : { deny: 'unauthorized', message: 'log in' }
    },
    { clock: systemClock, observe: { event: () => undefined }, deadlineMs: 10_000 },
  )
  const app = await startApp({ editorRoot: '/nowhere', auth, trustedProxies })
  onTestFinished(() => app.stop())
  const open = (path: string, headers: Record<string, string>, protocols: string[] = []) => {
    const socket = new WebSocket(app.url.replace('http', 'ws') + path, protocols, { headers })
    onTestFinished(() => socket.terminate())
    return socket
  }
  return { app, questions, open }
}

const COOKIE = { Cookie: 'a=b; sid=7' }

/** What a Hocuspocus provider says first: the name, and its login, which is empty. */
const HOCUSPOCUS_LOGIN = Buffer.concat([Buffer.from('\u0005notes'), Buffer.of(2, 0, 0)])

describe('the session of an embedder’s own login lets in', () => {
  it('y-websocket', async () => {
    const { open, questions } = await start()
    const socket = open('/yjs/notes?a=1&token=hush', COOKIE)
    const [frame] = (await once(socket, 'message')) as [Buffer]
    expect([...frame]).toEqual([0, 0, 1, 0])
    expect(questions).toMatchObject([
      { document: 'notes', prefix: null, token: 'hush', request: { url: '/yjs/notes?a=1' } },
    ])
    expect(questions[0]?.request?.address).toMatch(/127\.0\.0\.1$/)
    const refused = open('/yjs/notes', { Cookie: 'sid=8' })
    const [code, reason] = (await once(refused, 'close')) as [number, Buffer]
    expect([code, reason.toString()]).toEqual([4401, 'log in'])
  })

  it('Hocuspocus', async () => {
    const { open, questions } = await start()
    const socket = open('/hocuspocus', COOKIE)
    await once(socket, 'open')
    socket.send(HOCUSPOCUS_LOGIN)
    const [frame] = (await once(socket, 'message')) as [Buffer]
    expect(frame.toString('latin1')).toContain('read-write')
    expect(questions).toMatchObject([
      { document: 'notes', token: null, request: { url: '/hocuspocus' } },
    ])
  })

  it('quire.v1', async () => {
    const { open, questions } = await start()
    const socket = open('/sync', COOKIE, [QUIRE_SUBPROTOCOL])
    await once(socket, 'open')
    socket.send(encodeConnectionRequest({ kind: 'hello', revision: QUIRE_REVISION, agent: 'test' }))
    socket.send(encodeChannelRequest(1, { kind: 'open', document: nameOf('notes'), token: null }))
    await expect.poll(() => questions.length).toBe(1)
    expect(questions[0]?.request?.headers.get('Cookie')).toBe(COOKIE.Cookie)
  })

  it('y-sweet, and plain requests', async () => {
    const { app, questions } = await start(['127.0.0.1'])
    const headers = { ...COOKIE, 'X-Forwarded-For': '192.0.2.9' }
    expect(
      (await fetch(`${app.url}/doc/new`, { method: 'POST', body: '{"docId":"a"}' })).status,
    ).toBe(401)
    const asked = fetch(`${app.url}/d/a/as-update`, { headers })
    await expect.poll(() => questions.length).toBe(2)
    expect(questions[1]).toMatchObject({
      document: 'a',
      request: { url: '/d/a/as-update', address: '192.0.2.9' },
    })
    expect((await asked).status).toBe(200)
  })
})

describe('a function that fails for one document', () => {
  const failing = async () => {
    const events: QuireEvent[] = []
    const auth = createAuthorizeAuth(
      ({ document }) => {
        if (document === 'throws') throw new Error('the database is gone')
        if (document === 'hangs') return new Promise(() => undefined)
        return { access: 'write', user: null }
      },
      {
        clock: systemClock,
        observe: { event: (event) => void events.push(event) },
        deadlineMs: 50,
      },
    )
    const app = await startApp({ editorRoot: '/nowhere', auth })
    onTestFinished(() => app.stop())
    const open = (document: string): WebSocket => {
      const socket = new WebSocket(`${app.url.replace('http', 'ws')}/yjs/${document}`)
      onTestFinished(() => socket.terminate())
      return socket
    }
    return { app, events, open }
  }

  it.each([
    ['throws', 1011, 'the login could not be checked', 500, ['bug']],
    ['hangs', 1013, 'authorize did not answer within 50 ms', 503, []],
  ])(
    'and %s costs its clients that document, and nobody else anything',
    async (document, code, reason, status, kinds) => {
      const { app, events, open } = await failing()
      const other = open('fine')
      await once(other, 'message')
      const [closed, words] = (await once(open(document), 'close')) as [number, Buffer]
      expect([closed, words.toString()]).toEqual([code, reason])
      expect(events.map(({ kind }) => kind)).toEqual(kinds)
      expect((await fetch(`${app.url}/d/${document}/as-update`)).status).toBe(status)
      await once(open('fine'), 'message')
      expect(other.readyState).toBe(WebSocket.OPEN)
    },
  )
})

describe('what an embedder is told of a target', () => {
  it.each([
    ['/yjs/a', '/yjs/a'],
    ['/yjs/a?token=hush', '/yjs/a'],
    ['/yjs/a?token=hush&b=1', '/yjs/a?b=1'],
    ['/yjs/a?b=1&%74oken=hush&token=hush', '/yjs/a?b=1'],
    ['/yjs/a%3Ftoken?b', '/yjs/a%3Ftoken?b='],
  ])('%s is %s', (target, told) => expect(withoutToken(target)).toBe(told))
})
