/* A room under a test's hand: inputs by name, time by number, effects as they come. */
import {
  clientId,
  docId,
  EMPTY_UPDATE,
  millis,
  parseDocName,
  readUpdate,
  seq,
  sessionId,
  type KnownPresence,
  type SessionId,
  type StateVector,
  type Update,
  type UpdateContents,
} from '@quire/shared'
import * as Y from 'yjs'
import type { Access } from '../../ports/auth.ts'
import type { Answer } from '../../ports/content.ts'
import type { OpenedDocument } from '../../ports/storage.ts'
import type { Effect } from '../effect.ts'
import type { Input } from '../input.ts'
import type { Durability, RoomLimits } from '../limits.ts'
import type { ClientMessage, Receipt, ServerMessage } from '../message.ts'
import { createRoom, type Asking, type PhaseKind, type Room } from '../phase.ts'
import { step } from '../room.ts'

/** Limits that no test meets by accident. */
export const wideLimits: RoomLimits = {
  loadQueueBytes: 1_000_000,
  loadMs: 15_000,
  coolDownMs: 2_000,
  unsavedBytes: 1_000_000,
  sessionsPerDocument: 100,
  presenceEntries: 100,
  presenceTotalBytes: 100_000,
  presenceIdsPerSession: 4,
  presenceTtlMs: 30_000,
  compactUpdates: 1_000,
  compactBytes: 1_000_000,
  compactIdleUpdates: 1_000,
  compactIdleBytes: 1_000_000,
  compactQuietMs: 30_000,
}

/** Three sessions. */
export const [ann, bob, cyd] = [sessionId(1), sessionId(2), sessionId(3)] as const

/** A document without anything in it. */
export const emptyDocument: OpenedDocument = {
  id: docId(1),
  epoch: 1,
  head: seq(0),
  snapshot: null,
  snapshotBytes: 0,
  tail: [],
  origins: [{ from: seq(0), writer: 0 }],
}

/** Who writes the log of a test. */
export const WRITER = 3

/** A document whose log holds these updates, unfolded. */
export const documentOf = (...tail: readonly Update[]): OpenedDocument => ({
  ...emptyDocument,
  head: seq(tail.length),
  tail,
  origins: [
    { from: seq(0), writer: 0 },
    { from: seq(1), writer: WRITER },
  ],
})

/** What an update's bytes hold. */
export const contentsOf = (update: Uint8Array): UpdateContents => {
  const contents = readUpdate(update)
  if (!contents.ok) throw new Error(contents.error.message)
  return contents.value
}

/** Somebody with a document who types; each call is one update of what it brings. */
export const typist = (client: number) => {
  const doc = new Y.Doc()
  doc.clientID = client
  const change = (edit: (text: Y.Text) => void): UpdateContents => {
    const before = Y.snapshot(doc)
    let update: Uint8Array = Y.encodeStateAsUpdate(doc, Y.encodeStateVector(doc))
    doc.once('update', (bytes: Uint8Array) => {
      update = bytes
    })
    edit(doc.getText('text'))
    if (Y.equalSnapshots(before, Y.snapshot(doc))) throw new Error('nothing changed')
    return contentsOf(update)
  }
  return {
    doc,
    type: (text: string) => change((all) => all.insert(all.length, text)),
    erase: (size: number) => change((all) => all.delete(all.length - size, size)),
    hear: (...updates: readonly Uint8Array[]) => {
      for (const update of updates) Y.applyUpdate(doc, update)
    },
    asks: (): ClientMessage => {
      const stateVector = Y.encodeStateVector(doc) as StateVector // made by Yjs
      return { kind: 'sync-step-1', stateVector }
    },
  }
}

/** A presence entry. */
export const here = (
  client: number,
  clock: number,
  state: string | null = '{}',
): KnownPresence => ({
  client: clientId(client),
  clock,
  state,
  user: null,
})

/** What a session is sent, if it is a member and keeps up. */
export const sentTo = (effects: readonly Effect[], session: SessionId): readonly ServerMessage[] =>
  effects.flatMap((effect) => messagesTo(effect, session))

const messagesTo = (effect: Effect, session: SessionId): readonly ServerMessage[] => {
  const isMeant =
    (effect.kind === 'send' && effect.to === session) ||
    (effect.kind === 'relay' && effect.except !== session) ||
    (effect.kind === 'announce' && effect.to.includes(session)) ||
    (effect.kind === 'deliver' && effect.to === session)
  return isMeant ? messagesIn(effect) : []
}

/** What a session is told is saved. */
export const receiptsTo = (effects: readonly Effect[], session: SessionId): readonly Receipt[] =>
  sentTo(effects, session).flatMap((message) => (message.kind === 'ack' ? message.receipts : []))

/** What an effect says, whoever it is said to. */
const messagesIn = (effect: Effect): readonly ServerMessage[] => {
  if (effect.kind === 'send') return [effect.message]
  if (effect.kind === 'relay') return [{ kind: 'update', update: effect.update }]
  if (effect.kind === 'announce') return [{ kind: 'presence', entries: effect.entries }]
  return effect.kind === 'deliver' ? messagesOf(effect.answer) : []
}

/** What an answer is for its reader. */
export const messagesOf = ({ first, last }: Answer): readonly ServerMessage[] => [
  ...first.map((update) => ({ kind: 'update' as const, update })),
  { kind: 'sync-step-2', update: last },
]

/** What is to be done, by kind, and what is said by the kind of message; not what is only observed. */
export const kindsOf = (effects: readonly Effect[]): readonly string[] =>
  effects.flatMap((effect) => {
    const said = messagesIn(effect)
    if (said.length > 0) return said.map(({ kind }) => kind)
    return effect.kind === 'observe' ? [] : [effect.kind]
  })

/** The effects by which something is said to anybody. */
export const spoken = (effects: readonly Effect[]): readonly Effect[] =>
  effects.filter((effect) => messagesIn(effect).length > 0)

/** The effects of one kind. */
export const only = <K extends Effect['kind']>(effects: readonly Effect[], kind: K) =>
  effects.filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind)

/** A room with a log of as many updates as have been appended. */
export class TestRoom {
  readonly room: Room
  now = 1_000_000
  #head = 0

  constructor({
    durability = 'ack',
    ...limits
  }: Partial<RoomLimits> & { readonly durability?: Durability } = {}) {
    const name = parseDocName('doc')
    if (!name.ok) throw new Error(name.error.message)
    this.room = createRoom({ name: name.value, limits: { ...wideLimits, ...limits }, durability })
  }

  get phase(): PhaseKind {
    return this.room.phase.kind
  }

  take(input: Input): readonly Effect[] {
    return step(this.room, input, millis(this.now))
  }

  join(
    session: SessionId,
    access: Access = 'write',
    asking: Asking = 'on-join',
  ): readonly Effect[] {
    return this.take({ kind: 'join', session, access, user: null, asking })
  }

  leave(session: SessionId): readonly Effect[] {
    return this.take({ kind: 'leave', session })
  }

  load(document: OpenedDocument = emptyDocument): readonly Effect[] {
    this.#head = document.head
    return this.take({ kind: 'loaded', document })
  }

  /** Live, with these sessions. */
  open(...sessions: readonly SessionId[]): this {
    for (const session of sessions) this.join(session)
    this.load()
    return this
  }

  /** Live, with these sessions, each of which knows presence and has none. */
  openWide(...sessions: readonly SessionId[]): this {
    this.open(...sessions)
    for (const session of sessions) this.says(session, { kind: 'presence', entries: [] })
    return this
  }

  says(session: SessionId, message: ClientMessage, bytes = 10): readonly Effect[] {
    return this.take({ kind: 'message', session, message, bytes })
  }

  /** A question, and the answer to it if it has to be made. */
  asks(session: SessionId, message: ClientMessage): readonly Effect[] {
    const effects = this.says(session, message)
    return [...effects, ...only(effects, 'answer').flatMap((effect) => this.answer(effect))]
  }

  /** An answer is ready; it brings nothing. */
  answer({ session, asOf }: Extract<Effect, { kind: 'answer' }>): readonly Effect[] {
    return this.take({ kind: 'answered', session, asOf, answer: { first: [], last: EMPTY_UPDATE } })
  }

  update(session: SessionId, contents: UpdateContents): readonly Effect[] {
    return this.says(session, { kind: 'update', contents })
  }

  presence(session: SessionId, ...entries: readonly KnownPresence[]): readonly Effect[] {
    return this.says(session, { kind: 'presence', entries })
  }

  /** The append in flight is committed; `foreign` updates of another node came first. */
  commit(updates = 1, foreign = 0): readonly Effect[] {
    const first = this.#head + foreign + 1
    this.#head = first + updates - 1
    return this.take({
      kind: 'appended',
      appended: { doc: docId(1), first: seq(first), last: seq(this.#head), writer: WRITER },
    })
  }

  failAppend(): readonly Effect[] {
    return this.take({ kind: 'appendFailed', problem: 'disk full' })
  }

  tick(ms: number): readonly Effect[] {
    this.now += ms
    return this.take({ kind: 'tick' })
  }

  drain(): readonly Effect[] {
    return this.take({ kind: 'drain' })
  }
}
