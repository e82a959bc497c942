import { createSecretKey } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { YSweetProvider } from '@y-sweet/client'
import { DocumentManager } from '@y-sweet/sdk'
import { SignJWT } from 'jose'
import { onTestFinished } from 'vitest'
import * as Y from 'yjs'
import { createJwtAuth } from '../../auth/jwt.ts'
import { startApp, type TestApp } from './app.ts'

/** Signs the tests' tokens. */
const SECRET = 'a secret of more than thirty-two bytes'
/** Grants what such tokens say. */
export const auth = createJwtAuth({ secret: createSecretKey(SECRET, 'utf8') })
/** Starts the routes until the test is over. */
export const start = async (
  options: Partial<Parameters<typeof startApp>[0]> = {},
): Promise<TestApp> => {
  const app = await startApp({ editorRoot: '/nowhere', ...options })
  onTestFinished(() => app.stop())
  return app
}

/** Lets commits happen: the documents' clock stands still otherwise. */
export const until = async (app: TestApp, what: string, holds: () => boolean): Promise<void> => {
  const deadline = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not within 20 s: ${what}`)
    app.server.clock.advance(20)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Lets time pass until work is done. */
export const during = async <T>(app: TestApp, work: Promise<T>): Promise<T> => {
  let isDone = false
  const done = work.finally(() => (isDone = true))
  done.catch(() => undefined) // the caller's to catch
  await until(app, 'the request is answered', () => isDone)
  return done
}

/** A token as an application makes it for itself, or for one of its users. */
export const tokenFor = (
  name: string,
  access: 'read' | 'write' = 'write',
  forMs = 3_600_000,
  sub = '',
) => {
  const jwt = new SignJWT({ docs: [{ name, access }], ...(sub === '' ? {} : { sub }) })
  jwt.setExpirationTime(Math.floor((Date.now() + forMs) / 1000))
  return jwt.setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(SECRET))
}

/** The SDK as an application server uses it. */
export const managerOf = (app: TestApp, token = ''): DocumentManager =>
  new DocumentManager(
    app.url.replace('http:', 'ys:').replace('//', token === '' ? '//' : `//${token}@`),
  )

/** A text as an update. */
export const updateOf = (text: string): Uint8Array => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

/** The text of an update. */
export const textOf = (update: Uint8Array): string => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  return doc.getText('text').toJSON()
}

/** y-sweet's client at a document, until the test is over. */
export const openClient = (app: TestApp, docId: string, token?: string, doc = new Y.Doc()) => {
  const base = `${app.url.slice('http://'.length)}/d/${docId}`
  const provider = new YSweetProvider(
    async () => ({
      url: `ws://${base}/ws`,
      baseUrl: `http://${base}`,
      docId,
      ...(token === undefined ? {} : { token }),
    }),
    docId,
    doc,
    { showDebuggerLink: false },
  )
  onTestFinished(() => {
    provider.connect = async () => undefined // it comes back whatever ends its socket
    provider.destroy()
  })
  return { provider, doc, text: doc.getText('text') }
}

/** A client and its document. */
export type Client = ReturnType<typeof openClient>

/** True if the client says that all is on disk. */
export const isSaved = ({ provider }: Client): boolean =>
  provider.status === 'connected' && !provider.hasLocalChanges

/** A connection that says what a test writes. */
export const dial = async (app: TestApp): Promise<Socket> => {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** The head of what is said to it, and what comes along. */
export const answerOf = async (app: TestApp, socket: Socket): Promise<string> => {
  let said = ''
  socket.on('data', (bytes: Buffer) => (said += bytes.toString('latin1')))
  await until(app, 'an answer', () => said.includes('\r\n\r\n'))
  return said
}
