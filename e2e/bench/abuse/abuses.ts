/* What one person may do to a hundred others. */
import * as encoding from 'lib0/encoding'
import { Doc } from 'yjs'
import { EMPTY } from '../load/corpus.ts'
import { presenceEntries } from '../load/presence.ts'
import type { ServerKind } from '../servers/server.ts'

/** What is repeated as fast as the server takes it. */
export interface Abuse {
  readonly name: AbuseName
  /** What it is, for the table. */
  readonly what: string
  /** It reads nothing of what it is told. */
  readonly isDeaf?: true
  /** It comes anew each time. */
  readonly reconnects?: true
  /** The messages of one round. */
  messages(kind: ServerKind, document: string, round: number): readonly Uint8Array[]
}

/** By what a table calls them. */
export type AbuseName =
  | 'flood'
  | 'giants'
  | 'frames'
  | 'presence'
  | 'questions'
  | 'unread'
  | 'reconnects'

const KIB = 1024
const PER_ROUND = 100
const GIANT_CHARACTERS = 900 * KIB
const FRAME_BYTES = 24 * KIB * KIB
const STATE_CHARACTERS = 8 * KIB
const PRESENCE_CLIENT = 290_000_000

/** All of them, in the order in which they are tried. */
export const abuses: readonly Abuse[] = [
  {
    name: 'flood',
    what: 'updates of 20 bytes without end',
    messages: (kind, document, round) =>
      Array.from({ length: PER_ROUND }, (_, i) =>
        kind.dialect.update(document, letters(PER_ROUND * round + i)),
      ),
  },
  {
    name: 'giants',
    what: 'updates of 900 KiB without end',
    messages: (kind, document, round) => [kind.dialect.update(document, giant(round))],
  },
  {
    name: 'frames',
    what: 'messages of 24 MiB that are no update',
    messages: (kind, document) => [kind.dialect.update(document, noUpdate())],
  },
  {
    name: 'presence',
    what: 'presence of 8 KiB without end',
    messages: (kind, document, round) => [
      kind.dialect.presence(
        document,
        presenceEntries(PRESENCE_CLIENT, round + 1, 'x'.repeat(STATE_CHARACTERS)),
      ),
    ],
  },
  {
    name: 'questions',
    what: 'state vectors that nobody has, without end',
    messages: (kind, document, round) => questions(kind, document, round),
  },
  {
    name: 'unread',
    what: 'the same, and it never reads an answer',
    isDeaf: true,
    messages: (kind, document, round) => questions(kind, document, round),
  },
  {
    name: 'reconnects',
    what: 'coming and dropping in a loop',
    reconnects: true,
    messages: (kind, document) => kind.dialect.hello(document, EMPTY.stateVector),
  },
]

const made: Uint8Array[] = []
let typing: Doc | undefined

/** The n-th letter of somebody who types for ever. */
const letters = (n: number): Uint8Array => {
  if (typing === undefined) {
    typing = new Doc()
    typing.on('update', (update: Uint8Array) => made.push(update))
  }
  while (made.length <= n) typing.getText('flood').insert(0, 'x')
  return made[n] ?? new Uint8Array()
}

const giant = (round: number): Uint8Array => {
  const doc = new Doc()
  let update = new Uint8Array()
  doc.on('update', (bytes: Uint8Array) => (update = new Uint8Array(bytes)))
  doc.getText('giant').insert(0, String.fromCharCode(97 + (round % 26)).repeat(GIANT_CHARACTERS))
  doc.destroy()
  return update
}

let zeros: Uint8Array | undefined

const noUpdate = (): Uint8Array => (zeros ??= new Uint8Array(FRAME_BYTES).fill(255))

const questions = (kind: ServerKind, document: string, round: number): readonly Uint8Array[] =>
  Array.from({ length: 20 }, (_, i) => {
    const question = kind.dialect.hello(document, unheardOf(20 * round + i)).at(-1)
    return question ?? new Uint8Array()
  })

/** A state vector of 50 clients that are nowhere. */
const unheardOf = (n: number): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, 50)
    for (let i = 0; i < 50; i++) {
      encoding.writeVarUint(out, 1_000_000 + n * 50 + i)
      encoding.writeVarUint(out, n + 1)
    }
  })
