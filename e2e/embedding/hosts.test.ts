/* The same contract in every kind of host: its routes, its sockets and its streams, beside what is the host's own. */
import { once } from 'node:events'
import { HocuspocusProvider } from '@hocuspocus/provider'
import { connect } from '@quire/provider'
import { createQuire, memoryStorage, openAuth, type Quire } from '@quire/server'
import { DocumentManager } from '@y-sweet/sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { until } from '../harness/until.ts'
import { HOSTS, NOBODYS, OWN_PAGE, startHost, type Host, type Mounted } from './hosts.ts'

const mount = (basePath: string): Mounted => {
  const quire = createQuire({
    storage: memoryStorage(),
    authorize: openAuth,
    basePath,
    observe: { event: (event) => expect(event.kind).not.toBe('bug') },
  })
  onTestFinished(() => quire.close({ graceMs: 500 }))
  return { quire, basePath }
}

/** What clients of the families share, each by its own way in. */
const families = {
  'y-websocket': (url: string, name: string, doc: Y.Doc) => {
    const provider = new WebsocketProvider(`${url.replace('http', 'ws')}/yjs`, name, doc, {
      disableBc: true,
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket, // as far as it uses it
    })
    onTestFinished(() => provider.destroy())
  },
  Hocuspocus: (url: string, name: string, document: Y.Doc) => {
    const provider = new HocuspocusProvider({
      url: `${url.replace('http', 'ws')}/hocuspocus`,
      name,
      document,
    })
    onTestFinished(() => provider.destroy())
  },
  'quire.v1 by WebSocket': (url: string, document: string, doc: Y.Doc) =>
    onTestFinished(connect({ url, document, doc, transports: ['websocket'] }).close),
  'quire.v1 by event stream': (url: string, document: string, doc: Y.Doc) =>
    onTestFinished(connect({ url, document, doc, transports: ['event-stream'] }).close),
  'y-sweet': async (url: string, name: string, doc: Y.Doc) => {
    const token = await new DocumentManager(url.replace('http', 'ys')).getClientToken(name)
    const provider = new WebsocketProvider(token.url, name, doc, {
      disableBc: true,
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket, // as far as it uses it
    })
    onTestFinished(() => provider.destroy())
  },
} satisfies Record<string, (url: string, name: string, doc: Y.Doc) => void | Promise<void>>

const textIn = (doc: Y.Doc): string => doc.getText('text').toJSON()

const storedIn = async (quire: Quire, name: string): Promise<string> => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, await quire.document(name).read({ as: 'update' }))
  return textIn(doc)
}

const start = async (kind: string, mounted: readonly Mounted[]): Promise<Host> => {
  const make = HOSTS[kind]
  if (make === undefined) throw new Error(`there is no host ${kind}`)
  const host = await startHost(make, mounted)
  onTestFinished(() => host.stop())
  return host
}

describe.each(Object.keys(HOSTS))('in %s', (kind) => {
  it.each(['/collab', ''])('clients of all families share a document below "%s"', async (base) => {
    const mounted = mount(base)
    const { url } = await start(kind, [mounted])
    const open = async ([family, join]: readonly [
      string,
      (typeof families)[keyof typeof families],
    ]) => {
      const doc = new Y.Doc()
      await join(`${url}${base}`, 'notes', doc)
      doc.getArray('families').push([family])
      return doc
    }
    const docs = await Promise.all(Object.entries(families).map(open))
    await mounted.quire.document('notes').edit((doc) => doc.getArray('families').push(['program']))
    const everybody = [...Object.keys(families), 'program'].toSorted()
    for (const doc of docs) {
      const seen = (): string[] => doc.getArray<string>('families').toArray().toSorted()
      await until('everybody sees everybody', () => seen().length === everybody.length)
      expect(seen()).toEqual(everybody)
    }
  })

  it('answers what is Quire’s, and leaves the rest to the host', async () => {
    const { url } = await start(kind, [mount('/collab')])
    const ask = async (path: string, init?: RequestInit) => {
      const answer = await fetch(`${url}${path}`, init)
      return [answer.status, await answer.text()]
    }
    expect(await ask('/collab/health/live')).toEqual([200, '{"status":"live"}'])
    expect(await ask('/own')).toEqual([200, OWN_PAGE])
    const headers = { 'Content-Type': 'application/json' }
    expect(await ask('/own', { method: 'POST', body: '{"a":1}', headers })).toEqual([
      200,
      '{"a":1}',
    ])
    for (const path of ['/', '/health/live', '/yjs/notes', '/collab', '/collab/nothing'])
      expect([path, ...(await ask(path))]).toEqual([path, 404, NOBODYS])
    const auth = await fetch(`${url}/collab/doc/notes/auth`, { method: 'POST' })
    expect(await auth.json()).toMatchObject({ baseUrl: `${url}/collab/d/notes` })
    const made = await fetch(`${url}/collab/doc/new`, { method: 'POST', body: '{"docId":"made"}' })
    expect([made.status, await made.json()]).toEqual([200, { docId: 'made' }])
    expect((await fetch(`${url}/own`)).headers.get('content-security-policy')).toBe(null)
  })

  it('has the document API below its path', async () => {
    const mounted = mount('/collab')
    const { url } = await start(kind, [mounted])
    const notes = mounted.quire.document('notes')
    await notes.write({ as: 'markdown', value: '# By the program\n' })
    const listed = await fetch(`${url}/collab/api/v1/documents`)
    expect(listed.status).toBe(200)
    expect(await listed.json()).toMatchObject({ documents: [{ name: 'notes', sequence: 1 }] })
    const headers = { 'Content-Type': 'text/markdown' }
    const body = '# By a request\n'
    const content = `${url}/collab/api/v1/documents/notes/content`
    expect((await fetch(content, { method: 'PUT', headers, body })).status).toBe(200)
    expect(await notes.read({ as: 'markdown' })).toBe(body)
  })

  it('leaves the sockets of the host alone, and those that are nobody’s to it', async () => {
    const { url } = await start(kind, [mount('/collab')])
    const socket = new WebSocket(`${url.replace('http', 'ws')}/own-socket`)
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    socket.send('hello')
    const [echo] = (await once(socket, 'message')) as [Buffer]
    expect(echo.toString()).toBe('hello')
    const lost = new WebSocket(`${url.replace('http', 'ws')}/yjs/notes`)
    await expect(once(lost, 'open')).rejects.toThrow('404')
  })

  it('takes two that know nothing of each other, and outlives both', async () => {
    const [one, other] = [mount('/one'), mount('/other')]
    const { url } = await start(kind, [one, other])
    const doc = new Y.Doc()
    families['y-websocket'](`${url}/one`, 'notes', doc)
    doc.getText('text').insert(0, 'of one')
    await other.quire.document('notes').edit((copy) => copy.getText('text').insert(0, 'of other'))
    await until('it is there', async () => (await storedIn(one.quire, 'notes')) === 'of one')
    expect(await storedIn(other.quire, 'notes')).toBe('of other')
    await one.quire.close({ graceMs: 1_000 })
    expect((await fetch(`${url}/one/health/ready`)).status).toBe(503)
    expect((await fetch(`${url}/other/health/ready`)).status).toBe(200)
    const refused = new WebSocket(`${url.replace('http', 'ws')}/one/yjs/notes`)
    await expect(once(refused, 'open')).rejects.toThrow('503')
    await other.quire.close({ graceMs: 1_000 })
    expect(await (await fetch(`${url}/own`)).text()).toBe(OWN_PAGE)
  })
})
