/*
 * A client of event streams that does only what it is told: it may stop reading, say nothing, or say whatever it likes.
 */
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import {
  concatBytes,
  decodeNotice,
  encodeChannelRequest,
  encodeConnectionRequest,
  EventReader,
  QUIRE_REVISION,
  QUIRE_SUBPROTOCOL,
  streamedLength,
  StreamedMessages,
  streamFields,
  writeStreamed,
  type ChannelNotice,
  type ChannelRequest,
  type StreamEvent,
} from '@quire/shared'
import { applyUpdate, Doc } from 'yjs'
import { until } from './until.ts'

const MESSAGE_BYTES = 2 ** 30
const HELLO = encodeConnectionRequest({
  kind: 'hello',
  revision: QUIRE_REVISION,
  agent: 'raw stream',
})

/** A stream, as far as it has come. */
export interface RawStream {
  readonly name: string
  /** What has come in messages for the document. */
  readonly notices: readonly ChannelNotice[]
  /** What its updates come to. */
  readonly doc: Doc
  /** How the server ended it; null while it has not. */
  readonly closed: Extract<StreamEvent, { kind: 'closed' }> | null
  /** True once the answer has ended, as it should or not. */
  readonly isOver: boolean
  /** Stops reading: what comes waits on the line. */
  pause(): void
  resume(): void
  /** Makes a request that says how far it has read, or not. */
  post(
    body: Uint8Array,
    fields?: { readonly from?: number; readonly read?: number },
  ): Promise<number>
  /** Says something on the document's channel, behind what it has said so far. */
  say(message: ChannelRequest): Promise<number>
  close(): void
}

/** Opens a stream to a server. */
export const openRawStream = async (on: { readonly port: number }): Promise<RawStream> => {
  const { port } = on
  const agent = new Agent({ keepAlive: true })
  const path = '/sync/stream'
  const headers = { [streamFields.protocol]: QUIRE_SUBPROTOCOL }
  const asked = request({ port, path, headers, host: '127.0.0.1', agent: false }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${await text(answer)}`)
  const events = new EventReader()
  const messages = new StreamedMessages(MESSAGE_BYTES)
  const notices: ChannelNotice[] = []
  const doc = new Doc()
  let name = ''
  let read = 0
  let said = 0
  let isOver = false
  let closed: RawStream['closed'] = null

  const hear = (frame: Uint8Array): void => {
    const notice = decodeNotice(frame)
    if (!notice.ok) throw new Error(notice.error.message)
    const { channel, message } = notice.value
    if (channel === 0) return
    const told = message as ChannelNotice // as its channel says
    notices.push(told)
    if (told.kind === 'update' || told.kind === 'answer') applyUpdate(doc, told.update)
  }
  answer.on('data', (chunk: Buffer) => {
    const came = events.read(chunk)
    if (!came.ok) throw new Error(came.error)
    for (const event of came.value) {
      if (event.kind === 'opened') name = event.stream
      else if (event.kind === 'closed') closed = event
      else {
        read = event.end
        messages.take(event.bytes)
        for (let next = messages.next(); next !== null; next = messages.next()) hear(next)
      }
    }
  })
  answer.on('error', () => undefined)
  answer.on('close', () => (isOver = true))
  await until('the stream has begun', () => name !== '')

  const post: RawStream['post'] = async (body, fields = {}) => {
    const asks = request({
      port,
      path,
      agent,
      host: '127.0.0.1',
      method: 'POST',
      headers: {
        [streamFields.stream]: name,
        [streamFields.from]: String(fields.from ?? said),
        [streamFields.read]: String(fields.read ?? read),
        'Content-Length': String(body.length),
      },
    })
    asks.end(body)
    const [answered] = (await once(asks, 'response')) as [IncomingMessage]
    await text(answered)
    return answered.statusCode ?? 0
  }
  return {
    name,
    notices,
    doc,
    get closed() {
      return closed
    },
    get isOver() {
      return isOver
    },
    pause: () => void answer.pause(),
    resume: () => void answer.resume(),
    post,
    say: async (message) => {
      const own = encodeChannelRequest(1, message)
      const body = said === 0 ? streamOf(HELLO, own) : streamOf(own)
      const status = await post(body)
      if (status === 204) said += body.length
      return status
    },
    close() {
      agent.destroy()
      answer.destroy()
      doc.destroy()
    },
  }
}

/** Messages as a stream has them. */
export const streamOf = (...messages: readonly Uint8Array[]): Uint8Array =>
  concatBytes(
    messages.map((message) => {
      const piece = new Uint8Array(streamedLength(message.length))
      writeStreamed(message, piece, 0)
      return piece
    }),
  )
