/*
 * A small world around one document: clients on lines that keep their order, a shell that may be killed,
 * a storage that outlives it, another node that writes to the same log, and a clock. Everything happens
 * when it is told to, so a world is a function of what is done to it.
 */
import {
  IdSet,
  readUpdate,
  sessionId,
  type ClientId,
  type SessionId,
  type Update,
} from '@quire/shared'
import * as Y from 'yjs'
import type { Access } from '../../ports/auth.ts'
import type { Hint } from '../../ports/cluster.ts'
import type { Durability, RoomLimits } from '../limits.ts'
import type { ClientMessage, ServerMessage } from '../message.ts'
import { createClient, type ClientOptions } from './families.ts'
import { Line } from './line.ts'
import { editText, type ModelClient, type TextEdit } from './model-client.ts'
import { check, ModelShell } from './model-shell.ts'
import { ModelStorage } from './model-storage.ts'

/** What a world is made with. */
export interface WorldOptions {
  readonly limits: RoomLimits
  readonly durability: Durability
  readonly clients: readonly ClientOptions[]
}

/** The document, its server, its clients and its other node. */
export class World {
  readonly storage = new ModelStorage()
  /** The server's wall clock. */
  now = 1_000_000
  readonly #options: WorldOptions
  readonly #clients: ModelClient[] = []
  readonly #lines: Line[] = []
  readonly #foreign = new Y.Doc()
  /** What each user has said. */
  readonly #said = new Map<string | null, IdSet>()
  /** Whose login names nobody: the second client's, until another one comes, and each second one of all others. */
  readonly #nameless = new Set<ModelClient>()
  #hasLowered = false
  #hints: Hint[] = []
  #shell: ModelShell | null = null
  #clientNow = 0
  #nextSession = 1
  #nextClient = 1

  constructor(options: WorldOptions) {
    this.#options = options
    this.#foreign.clientID = 99
    this.#clients = options.clients.map((client) => createClient(this.#nextClient++, client))
    for (const client of this.#clients) if (client.id === 2) this.#nameless.add(client)
  }

  get clients(): readonly ModelClient[] {
    return this.#clients
  }

  get shell(): ModelShell | null {
    return this.#shell
  }

  /** Somebody may write no more. */
  get hasLowered(): boolean {
    return this.#hasLowered
  }

  get lines(): number {
    return this.#lines.length
  }

  /** Opens a connection and says what is said first on one. */
  connect(client: ModelClient): void {
    this.open(client)
    if (!client.hasStarted) client.start()
  }

  /** Opens a connection. */
  open(client: ModelClient): void {
    if (client.isConnected) return
    if (this.#shell === null || this.#shell.isOver)
      this.#shell = new ModelShell(this.#options, this.storage, {
        send: (session, message) => this.#send(session, message),
        close: (session) => this.#close(session),
      })
    const session = sessionId(this.#nextSession++)
    const { access, asking } = client
    const user = this.#userOf(client)
    const line = new Line(session, { client, user }, this.#shell)
    this.#lines.push(line)
    client.open((message) => line.say(message))
    if (asking === 'in-return') line.tell({ kind: 'granted', access }, true)
    this.#shell.take({ kind: 'join', session, access, user, asking }, this.now)
  }

  /** R16: another login, which is checked at once where there is a connection. */
  regrant(client: ModelClient, access: Access): void {
    client.access = access
    if (!this.#nameless.delete(client)) this.#nameless.add(client)
    this.#hasLowered ||= access === 'read'
    const line = this.#lines.findLast((line) => line.client === client)
    if (line === undefined || line.isClosed || !this.#isCurrent(line)) return
    const { shell, session } = line
    line.access = access
    line.user = this.#userOf(client)
    if (client.asking === 'in-return') line.tell({ kind: 'granted', access }, true)
    shell.take({ kind: 'regrant', session, access, user: line.user }, this.now)
  }

  /** A client that has not asked yet does; others ask again. */
  ask(client: ModelClient): void {
    if (client.isConnected && !client.hasStarted) client.start()
    else client.askAgain()
  }

  /** The client's connection breaks; the server still hears what is on its way, and of its end later. */
  drop(client: ModelClient): void {
    client.disconnect()
    for (const line of this.#lines) if (line.client === client) line.cut()
  }

  /** A frame with this many messages arrives. What is behind a close does not, but in the same frame. */
  up(index: number, messages: number): void {
    const line = this.#line(index)
    if (line === undefined || line.isUnread) return
    const frame = line.up.splice(0, messages)
    if (line.isClosed) return
    for (const message of frame) {
      this.#note(line, message)
      line.hear(message, this.now)
    }
  }

  /** The server stops reading a line, or reads on. */
  unread(index: number): void {
    const line = this.#line(index)
    if (line !== undefined) line.isUnread = !line.isUnread
  }

  /** The next message, or the end of the connection, reaches a client. */
  down(index: number): void {
    const line = this.#line(index)
    if (line?.deliver() === true) this.checkSaved(line.client)
  }

  /** R5, R15: what a client shows as saved is on disk, deletes as well. */
  checkSaved(client: ModelClient): void {
    if (client.showsSaved !== true) return
    for (const update of client.promised)
      check(this.storage.holds(update), `R5: client ${client.id} shows "saved", and it is`)
    client.promised.length = 0 // nothing leaves the disk
  }

  /** R9: so much waits for a client that the server notices. */
  congest(index: number): void {
    const line = this.#line(index)
    line?.shell.take({ kind: 'congested', session: line.session }, this.now)
  }

  /** R9: a client has read all that was sent to it, and the server notices if it waits for that. */
  drained(index: number): boolean {
    const line = this.#line(index)
    if (line === undefined || line.waitsDown > 0) return false
    const { shell, session } = line
    if (line.isClosed || !shell.isHeld(session)) return false
    shell.take(
      { kind: 'drained', session, hasMissedPresence: shell.hasMissedPresence(session) },
      this.now,
    )
    return true
  }

  /** The server hears that a connection is gone, if it is. */
  leave(index: number): void {
    const line = this.#line(index)
    if (line === undefined || this.#isCurrent(line)) return
    this.#lines.splice(this.#lines.indexOf(line), 1)
    line.shell.take({ kind: 'leave', session: line.session }, this.now)
  }

  /** Everybody's connection breaks, and the server hears of it at once. */
  leaveAll(): void {
    for (const client of this.#clients) this.drop(client)
    for (let i = this.#lines.length - 1; i >= 0; i--) this.leave(i)
  }

  work(index: number, fails: boolean): void {
    if (this.#shell !== null && this.#shell.works > 0) this.#shell.work(index, fails, this.now)
  }

  /** Another node commits an edit, and says so. */
  foreignEdit(edit: TextEdit): void {
    const { snapshot, tail } = this.storage.read()
    for (const update of snapshot === null ? tail : [snapshot, ...tail])
      Y.applyUpdate(this.#foreign, update)
    const before = Y.encodeStateVector(this.#foreign)
    editText(this.#foreign, edit)
    const update = Y.encodeStateAsUpdate(this.#foreign, before) as Update // Yjs wrote it
    const { first, last, writer } = this.storage.append([update])
    if (this.#shell?.isSubscribed) this.#hints.push({ first, last, updates: [update], writer })
  }

  /** The next hint arrives, or is lost. */
  hint(isLost: boolean): void {
    const hint = this.#hints.shift()
    if (hint !== undefined && !isLost && this.#shell?.isSubscribed)
      this.#shell.take({ kind: 'remote', hint }, this.now)
  }

  /**
   * Time passes; the server hears of it, and the clients do what is due. A negative time sets the
   * server's wall clock back; the clients are other machines.
   */
  tick(ms: number): void {
    this.now += ms
    this.#clientNow += Math.max(0, ms)
    const unread = this.#lines.filter((line) => line.isUnread && line.shell === this.#shell)
    const sessions = unread.map(({ session }) => session)
    if (sessions.length > 0) this.#shell?.take({ kind: 'unread', sessions }, this.now)
    this.#shell?.take({ kind: 'tick' }, this.now)
    for (const client of this.#clients) client.tick(this.#clientNow)
  }

  drain(): void {
    this.#shell?.take({ kind: 'drain' }, this.now)
  }

  /** The server's process dies, with everything that is not in storage. */
  kill(): void {
    this.#shell?.kill()
    this.#shell = null
    this.#hints = []
    for (const { client } of this.#lines.splice(0)) client.disconnect()
  }

  /** Everything is read and everything that is on its way arrives, until nothing is. */
  deliver(): void {
    for (const line of this.#lines) line.isUnread = false
    for (let moved = true; moved;) {
      moved = false
      for (let i = this.#lines.length - 1; i >= 0; i--) {
        const line = this.#lines[i]
        if (line === undefined) continue
        moved ||= line.underWay > 0 || !this.#isCurrent(line)
        while (line.up.length > 0) this.up(i, 1)
        while (line.waitsDown > 0) this.down(i)
        moved = this.drained(i) || moved
        this.leave(i)
      }
      for (; (this.#shell?.works ?? 0) > 0; moved = true) this.work(0, false)
      for (; this.#hints.length > 0; moved = true) this.hint(false)
    }
  }

  /** A page is loaded anew: what only its document held is gone. */
  reload(client: ModelClient): void {
    this.drop(client)
    const at = this.#clients.indexOf(client)
    const family = this.#options.clients[at]?.family ?? 'y-websocket'
    this.#clients[at] = createClient(100 + this.#nextClient++, { family, access: client.access })
  }

  /** Those who are here, as the room's own table has it. */
  presentInRoom(): ReadonlyMap<ClientId, string> {
    const phase = this.#shell?.room.phase
    check(phase?.kind === 'live', 'a live room')
    return new Map(phase.presence.states().map(({ client, state }) => [client, state ?? '']))
  }

  /** Every update that the server has heard on a line that is still open is acknowledged. */
  checkAcknowledged(): void {
    for (const line of this.#lines) line.checkAcknowledged()
  }

  /** What is in the log from clients is of somebody who has said it; of nobody, if somebody without a name has. */
  checkAuthors(): void {
    for (const update of this.storage.log)
      for (const { client, start, end } of readUpdateOf(update).structs.ranges())
        for (let clock = start; clock < end && client !== this.#foreign.clientID; clock++) {
          const author = this.storage.authorOf(client, clock)
          const one = new IdSet()
          one.add(client, clock, clock + 1)
          const hasSaid = this.#said.get(author)?.hasAll(one) === true
          check(hasSaid, `R20: ${author ?? 'nobody'} brought ${client}@${clock}`)
        }
  }

  #note({ user }: Line, message: ClientMessage): void {
    if (!('contents' in message)) return
    const said = this.#said.get(user) ?? new IdSet()
    this.#said.set(user, said)
    said.addAll(message.contents.structs)
  }

  /** The third client is of whom the first is. */
  #userOf(client: ModelClient): string | null {
    const { id } = client
    return this.#nameless.has(client) ? null : `user ${id === 3 ? 1 : id}`
  }

  #line(index: number): Line | undefined {
    return this.#lines[index % this.#lines.length]
  }

  #isCurrent(line: Line): boolean {
    const newest = this.#lines.findLast((other) => other.client === line.client)
    return line.client.isConnected && newest === line
  }

  #send(session: SessionId, message: ServerMessage): void {
    const line = this.#lines.find((line) => line.session === session)
    if (line === undefined || line.isClosed) return
    line.tell(message, this.#isCurrent(line))
  }

  #close(session: SessionId): void {
    const line = this.#lines.find((line) => line.session === session)
    if (line === undefined) return
    check(!line.isClosed, 'a session is closed once')
    line.isClosed = true
    line.tell('close', this.#isCurrent(line))
  }
}

const readUpdateOf = (update: Update) => {
  const contents = readUpdate(update)
  if (!contents.ok) throw new Error(`not an update: ${contents.error.message}`)
  return contents.value
}
