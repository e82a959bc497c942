/* What clients of each family say and hear of a document, as bytes: no more of it than tests of sessions need. */
import {
  clientId,
  decodeNotice,
  encodeChannelRequest,
  encodeConnectionRequest,
  encodePresence,
  QUIRE_REVISION,
  type StateVector,
  type Update,
} from '@quire/shared'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'

/** What a family says, and what it hears. */
export interface Words {
  readonly path: string
  /** The first frames, at the document `notes`. */
  opening(token: string): readonly Uint8Array[]
  typed(update: Update): Uint8Array
  /** Says that a client is here. */
  here(client: number): Uint8Array
  /** What is answered behind everything that was said before it, each time with another number. */
  probe(number: number, token: string): readonly Uint8Array[]
  hear(frame: Uint8Array): readonly Heard[]
}

/** Something of a frame. */
export type Heard =
  | { readonly kind: 'update'; readonly update: Uint8Array }
  | { readonly kind: 'access'; readonly access: string }
  | { readonly kind: 'presence'; readonly clients: readonly number[] }
  /** The answer to a probe. */
  | { readonly kind: 'probed' }
  /** The document is closed to it. */
  | { readonly kind: 'end' }

/** The first question of a client that has nothing. */
const NOTHING = Uint8Array.of(0) as StateVector // no clients

const presenceOf = (client: number): Uint8Array =>
  encodePresence([{ client: clientId(client), clock: 1, state: '{"name":"x"}' }])

const sync = (out: encoding.Encoder, type: number, body: Uint8Array): void => {
  encoding.writeVarUint(out, 0)
  encoding.writeVarUint(out, type)
  encoding.writeVarUint8Array(out, body)
}

/** A message of y-protocols' sync, behind its type. */
const hearSync = (reader: decoding.Decoder): readonly Heard[] => {
  const type = decoding.readVarUint(reader)
  if (type === 0) return []
  const update = { kind: 'update', update: decoding.readVarUint8Array(reader) } as const
  return type === 1 ? [update, { kind: 'probed' }] : [update]
}

/** y-websocket and y-sweet have a socket for each document, and no words for what may be done. */
const ofOneDocument = (path: string): Words => ({
  path,
  opening: () => [],
  typed: (update) => encoding.encode((out) => sync(out, 2, update)),
  here: (client) =>
    encoding.encode((out) => {
      encoding.writeVarUint(out, 1)
      encoding.writeVarUint8Array(out, presenceOf(client))
    }),
  probe: () => [encoding.encode((out) => sync(out, 0, NOTHING))],
  hear(frame) {
    const reader = decoding.createDecoder(frame)
    return decoding.readVarUint(reader) === 0 ? hearSync(reader) : []
  },
})

/** y-websocket's words. */
export const yWebsocketWords = ofOneDocument('/yjs/notes')

/** y-sweet's words. */
export const ySweetWords = ofOneDocument('/d/notes/ws/notes')

const addressed = (name: string, write: (out: encoding.Encoder) => void): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarString(out, name)
    write(out)
  })

const hocuspocusOpening = (name: string, token: string): readonly Uint8Array[] => [
  addressed(name, (out) => {
    encoding.writeVarUint(out, 2)
    encoding.writeVarUint(out, 0)
    encoding.writeVarString(out, token)
  }),
  addressed(name, (out) => sync(out, 0, NOTHING)),
]

/** The words of Hocuspocus' providers. */
export const hocuspocusWords: Words = {
  path: '/hocuspocus',
  opening: (token) => hocuspocusOpening('notes', token),
  typed: (update) => addressed('notes', (out) => sync(out, 2, update)),
  here: (client) =>
    addressed('notes', (out) => {
      encoding.writeVarUint(out, 1)
      encoding.writeVarUint8Array(out, presenceOf(client))
    }),
  probe: (number, token) => hocuspocusOpening(`probe ${number}`, token),
  hear(frame) {
    const reader = decoding.createDecoder(frame)
    const isOfProbe = decoding.readVarString(reader) !== 'notes'
    const type = decoding.readVarUint(reader)
    if (type === 0) {
      const heard = hearSync(reader)
      return isOfProbe ? heard.filter(({ kind }) => kind === 'probed') : heard.slice(0, 1)
    }
    if (isOfProbe) return []
    if (type === 7) return [{ kind: 'end' }]
    if (type !== 2) return []
    const what = decoding.readVarUint(reader)
    if (what === 1) return [{ kind: 'end' }]
    return what === 2 ? [{ kind: 'access', access: decoding.readVarString(reader) }] : []
  },
}

const quireOpening = (channel: number, document: string, token: string): readonly Uint8Array[] => [
  encodeChannelRequest(channel, { kind: 'open', document, token }),
  encodeChannelRequest(channel, { kind: 'ask', stateVector: NOTHING }),
]

/** The words of quire.v1; the document is on channel 1. */
export const quireWords: Words = {
  path: '/sync',
  opening: (token) => [
    encodeConnectionRequest({ kind: 'hello', revision: QUIRE_REVISION, agent: 'test' }),
    ...quireOpening(1, 'notes', token),
  ],
  typed: (update) => encodeChannelRequest(1, { kind: 'update', number: 1, update }),
  here: (client) => encodeChannelRequest(1, { kind: 'presence', presence: presenceOf(client) }),
  probe: (number, token) => quireOpening(1 + number, `probe ${number}`, token),
  hear(frame) {
    const notice = decodeNotice(frame)
    if (!notice.ok) throw new Error(notice.error.message)
    const { channel, message } = notice.value
    if (channel !== 1) return message.kind === 'answer' ? [{ kind: 'probed' }] : []
    if (message.kind === 'update' || message.kind === 'answer')
      return [{ kind: 'update', update: message.update }]
    if (message.kind === 'access') return [{ kind: 'access', access: message.access }]
    if (message.kind === 'presence')
      return [{ kind: 'presence', clients: message.entries.map(({ client }) => client) }]
    return message.kind === 'closed' ? [{ kind: 'end' }] : []
  },
}
