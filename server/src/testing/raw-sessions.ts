/*
 * Sessions of every client family and transport that say what a test has them say, whatever they are told: a client
 * of a library would stop where it is refused.
 */
import {
  concatBytes,
  EventReader,
  QUIRE_SUBPROTOCOL,
  StreamedMessages,
  streamFields,
  type Frame,
  type Update,
} from '@quire/shared'
import { onTestFinished } from 'vitest'
import WebSocket from 'ws'
import * as Y from 'yjs'
import { until } from '../edges/websocket/testing/until.ts'
import { layOutFrame } from '../edges/event-stream/stream-wire.ts'
import {
  hocuspocusWords,
  quireWords,
  ySweetWords,
  yWebsocketWords,
  type Words,
} from './raw-words.ts'

/** A session at the document `notes`. */
export interface RawSession {
  /** What it was told that it may do, in its family's words. */
  readonly told: readonly string[]
  /** Clients that it was told are here. */
  readonly seen: ReadonlySet<number>
  /** True once the document is closed to it. */
  readonly isOver: boolean
  /** The root text `text` of what it was told and has said. */
  text(): string
  /** Writes a text at the front. */
  type(text: string): void
  appear(client: number): void
  /** Resolves once the server has read all that was said. */
  heardAll(): Promise<void>
}

interface Line {
  /** Resolves once it is handed on; in order. */
  send(frames: readonly Uint8Array[]): Promise<void>
}

type OpenLine = (
  on: { readonly url: string; readonly path: string; readonly token: string },
  hear: { readonly frame: (frame: Uint8Array) => void; readonly end: () => void },
) => Promise<Line>

const webSocket =
  (protocols: string[] = []): OpenLine =>
  async ({ url, path, token }, hear) => {
    const address = `${url.replace('http', 'ws')}${path}?token=${token}`
    const socket = new WebSocket(address, protocols)
    onTestFinished(() => socket.terminate())
    socket.on('message', (frame: Buffer) => hear.frame(Uint8Array.from(frame)))
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    socket.on('error', () => undefined) // `close` comes, too
    socket.on('close', hear.end)
    return {
      send: async (frames) => {
        for (const frame of frames) if (socket.readyState === WebSocket.OPEN) socket.send(frame)
      },
    }
  }

/** The way down of a stream, by one answer or by one after the other. */
const eventStream =
  (prefer: Readonly<Record<string, string>>): OpenLine =>
  async ({ url, path }, hear) => {
    const end = new AbortController()
    const address = `${url}${path}/stream`
    const messages = new StreamedMessages(2 ** 30)
    const opened = Promise.withResolvers<string>()
    let [name, read, said] = ['', 0, 0]
    const listen = async (): Promise<void> => {
      const fields =
        name === ''
          ? { [streamFields.protocol]: QUIRE_SUBPROTOCOL }
          : { [streamFields.stream]: name, [streamFields.lastEvent]: String(read) }
      const answer = await fetch(address, { headers: { ...fields, ...prefer }, signal: end.signal })
      if (answer.status !== 200 || answer.body === null) return hear.end()
      const events = new EventReader()
      for await (const chunk of answer.body) {
        const came = events.read(chunk)
        if (!came.ok) throw new Error(came.error)
        for (const event of came.value) {
          if (event.kind === 'opened') opened.resolve((name = event.stream))
          else if (event.kind === 'closed') return hear.end()
          else {
            read = event.end
            messages.take(event.bytes)
            for (let next = messages.next(); next !== null; next = messages.next()) hear.frame(next)
          }
        }
      }
      return listen()
    }
    const listening = listen().catch((error: unknown) => {
      if (!end.signal.aborted) throw error
    })
    onTestFinished(async () => {
      end.abort()
      await listening
    })
    await opened.promise
    const waiting: Uint8Array[] = []
    let posting: Promise<void> | null = null
    /** One request after the other, each with all that waits: a stream may not make too many. */
    const post = async (): Promise<void> => {
      while (waiting.length > 0) {
        const body = concatBytes(waiting.splice(0).map((frame) => layOutFrame(frame as Frame))) // as it is sent
        const headers = {
          [streamFields.stream]: name,
          [streamFields.from]: String(said),
          [streamFields.read]: String(read),
        }
        const { signal } = end
        const { status } = await fetch(address, { method: 'POST', headers, body, signal })
        if (status !== 204) throw new Error(`what was said was answered ${status}`)
        said += body.length
      }
      posting = null
    }
    return {
      send: (frames) => {
        waiting.push(...frames)
        return (posting ??= post())
      },
    }
  }

const WAYS = {
  'y-websocket': [yWebsocketWords, webSocket()],
  'y-sweet': [ySweetWords, webSocket()],
  hocuspocus: [hocuspocusWords, webSocket()],
  'quire.v1': [quireWords, webSocket([QUIRE_SUBPROTOCOL])],
  'quire.v1 over an event stream': [quireWords, eventStream({})],
  'quire.v1 over answers that end': [quireWords, eventStream({ Prefer: 'wait=10' })],
} as const satisfies Record<string, readonly [Words, OpenLine]>

/** A family and what carries it. */
export type RawWay = keyof typeof WAYS

/** All of them. */
export const rawWays = Object.keys(WAYS) as readonly RawWay[] // the keys of the table

/** Opens a session, and waits until it has been answered. */
export const openRawSession = async (
  way: RawWay,
  { url, token }: { readonly url: string; readonly token: string },
): Promise<RawSession> => {
  const [words, openLine] = WAYS[way]
  const doc = new Y.Doc()
  const told: string[] = []
  const seen = new Set<number>()
  let isOver = false
  let isEnded = false
  let [probes, probed] = [0, 0]
  const frame = (bytes: Uint8Array): void => {
    for (const heard of words.hear(bytes)) {
      if (heard.kind === 'update') Y.applyUpdate(doc, heard.update)
      else if (heard.kind === 'access') told.push(heard.access)
      else if (heard.kind === 'presence') for (const client of heard.clients) seen.add(client)
      else if (heard.kind === 'probed') probed++
      else isOver = true
    }
  }
  const end = (): void => {
    isOver = isEnded = true
  }
  const line = await openLine({ url, path: words.path, token }, { frame, end })
  const session: RawSession = {
    told,
    seen,
    get isOver() {
      return isOver
    },
    text: () => doc.getText('text').toJSON(),
    type: (text) => {
      const alone = new Y.Doc() // so that it waits for nothing that was denied
      alone.getText('text').insert(0, text)
      const update = Y.encodeStateAsUpdate(alone) as Update // made by Yjs
      Y.applyUpdate(doc, update)
      void line.send([words.typed(update)])
    },
    appear: (client) => void line.send([words.here(client)]),
    heardAll: async () => {
      await line.send(words.probe(++probes, token))
      await until(() => {
        if (probed < probes && !isEnded)
          throw new Error(`${way}: nothing has come behind all that was said`)
      })
    },
  }
  await line.send(words.opening(token))
  await session.heardAll()
  return session
}
