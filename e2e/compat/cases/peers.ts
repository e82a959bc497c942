/* What the servers that families come from get wrong, each as its users meet it. */
import * as encoding from 'lib0/encoding'
import { haveConverged } from '../../harness/contents.ts'
import { updateFrame } from '../../harness/frames.ts'
import { residentMib } from '../../harness/memory.ts'
import type { Client, Family } from '../families/family.ts'
import type { Host, Server } from '../servers/hosts.ts'
import { failsOn, none, type Case, type Exception, type Scene, type Theme } from './case.ts'
import { openRawFamily } from './raw.ts'
import { tokenFor } from './tokens.ts'

const KIB = 1024
/** Before anybody stalls: the heap and the store have grown to what they need by then. */
const WARM_UP_MIB = 48
const SAID_MIB = 160
/** The heap's own swings are 16 to 61 MiB. */
const GROWTH_MIB = 112
const STATUS = 8
const REFUSED = 2
const MARK = 102
/** Of quire.v1. */
const SAVED = 9
const UPDATE_BYTES = 256 * KIB
/** Time in which connections are counted. */
const WATCHED_MS = 4_000
const PEER_WATCHED_MS = 30_000
/** How many there may be. y-sweet's client is refused before the handshake; it waits longer each time by itself. */
const CONNECTIONS = { 'y-websocket': 5, hocuspocus: 5, 'y-sweet': 16, quire: 1 } as const

const write = ({ doc }: Client, text: string): void => doc.getText('text').insert(0, text)
const textOf = ({ doc }: Client): string => doc.getText('text').toJSON()
const sees = (by: Client, who: Client): boolean =>
  by.awareness.getStates().has(who.awareness.clientID)

const NEWEST = new Set([
  'y-websocket 3.1.0',
  '@hocuspocus/provider 4.8.0',
  '@y-sweet/client 0.9.1',
  '@quire/provider 0.1.0',
])

/** One family of each kind is enough where all that counts is the server. */
const newestOnly = ({ name, kind }: Family): Exception | null =>
  NEWEST.has(name) ? null : none(`is the server’s affair: tried with the newest of ${kind}`)

/** Throws if somebody is seen no more at any moment until `ends`. */
const neverGone = async (by: Client, who: Client, ends: () => Promise<void>): Promise<void> => {
  let problem: string | null = null
  by.awareness.on('change', ({ removed }: { removed: readonly number[] }) => {
    if (removed.includes(who.awareness.clientID)) problem ??= 'it was said to be gone'
  })
  await ends()
  if (!sees(by, who)) problem ??= 'it is seen no more'
  if (problem !== null) throw new Error(problem)
}

const relayed: Case = {
  title: 'whose presence another tab has told of first stays when that tab is closed',
  exception: (family, host) => {
    const { kind, name } = family
    const isAlone = kind === 'y-sweet' || kind === 'quire'
    if (isAlone || (kind === 'hocuspocus' && !name.includes(' 2.')))
      return none('does not speak to other tabs')
    return host.isQuire || kind === 'hocuspocus'
      ? null
      : {
          kind: 'fails',
          why: 'takes it for the presence of the tab that told of it, which goes with it',
          with: /gone|seen no more/,
        }
  },
  async run(scene) {
    const server = await scene.shared()
    const line = await scene.line(server)
    const watcher = await scene.synced(server)
    const relay = await scene.synced(line, { isTab: true })
    line.set({ kind: 'late', ms: 50 }) // so that what the other tab says is there first
    const tab = scene.open(line, { isTab: true, isConnected: false })
    tab.connect()
    tab.awareness.setLocalState({ at: 1 })
    await scene.until('it is synced', () => tab.isSynced())
    await scene.until('it is seen', () => sees(watcher, tab))
    line.set({ kind: 'fine' })
    write(tab, 'on its own socket ')
    await scene.until('what it says has come', () => haveConverged(watcher, tab))
    relay.awareness.setLocalState({ at: 2 })
    await scene.until('the other tab is seen', () => sees(watcher, relay))
    await neverGone(watcher, tab, async () => {
      relay.destroy()
      await scene.until('the other tab is seen no more', () => !sees(watcher, relay))
      write(tab, 'still there ')
      await scene.until('what it says has come', () => haveConverged(watcher, tab))
    })
    const newcomer = await scene.synced(server)
    await scene.until('a newcomer sees it', () => sees(newcomer, tab))
  },
}

const lateClose: Case = {
  title: 'who has come back is seen, also when the server hears of its old end only then',
  exception: (_family, host) =>
    host.isQuire
      ? null
      : {
          kind: 'fails',
          why: 'removes with the old socket what the new one has said; it shows again up to 15 s later',
          with: /gone|seen no more/,
        },
  async run(scene) {
    const server = await scene.shared()
    const line = await scene.line(server)
    const [client, watcher] = await Promise.all([scene.synced(line), scene.synced(server)])
    client.awareness.setLocalState({ at: 1 })
    await scene.until('it is seen', () => sees(watcher, client))
    const endOldSocket = line.strand()
    const before = client.statuses.length
    await scene.until('it has lost the connection, and is back', () => {
      const told = client.statuses.slice(before)
      return told.some((status) => status !== 'connected') && told.at(-1) === 'connected'
    })
    write(client, 'again ')
    await scene.until('what it says has come', () => haveConverged(watcher, client))
    await neverGone(watcher, client, async () => {
      endOldSocket()
      for (const word of ['first ', 'second ']) {
        write(client, word)
        await scene.until('what it says has come', () => haveConverged(watcher, client))
      }
    })
  },
}

/** A document in the store of a server that has just started. */
const stored = async (scene: Scene, text: string): Promise<Server> => {
  const server = await scene.own({ storeWaits: true })
  const [client, watcher] = await Promise.all([scene.synced(server), scene.synced(server)])
  await storeAnswers(scene, server)
  write(client, text)
  await scene.until('the other has it', () => haveConverged(client, watcher))
  await scene.until('it is saved', () => client.isSaved() !== false)
  client.destroy()
  watcher.destroy()
  await server.end('SIGTERM')
  await server.restart()
  return server
}

/** Until then the store says nothing of any document; Quire has one of its own, which it waits for. */
const storeAnswers = async ({ host }: Scene, { port }: Server): Promise<void> => {
  if (!host.isQuire) await fetch(`http://127.0.0.1:${port}/`)
}

const waited = (ms: number): (() => boolean) => {
  const endsAt = Date.now() + ms
  return () => Date.now() > endsAt
}

const beforeLoad: Case = {
  title: 'who says that it is synced has what is stored, also right after a start',
  exception: failsOn('y-websocket', 'answers before its store has', /without what is stored/),
  async run(scene) {
    const server = await stored(scene, 'stored')
    const client = await scene.synced(server)
    if (textOf(client) !== 'stored') throw new Error('it is synced without what is stored')
  },
}

const twice: Case = {
  title: 'a page that fills an empty document does so once, also after a restart',
  exception: failsOn('y-websocket', 'shows it as empty before its store answers', /is there twice/),
  async run(scene) {
    const server = await stored(scene, 'Title ')
    const page = await scene.synced(server)
    if (textOf(page) === '') write(page, 'Title ')
    await storeAnswers(scene, server)
    const newcomer = await scene.synced(server)
    await scene.until('a newcomer has it', () => textOf(newcomer) !== '')
    if (textOf(newcomer) !== 'Title ') throw new Error('the title is there twice')
  },
}

const brokenUpdate: Case = {
  title: 'an update that cannot be read is not acknowledged',
  exception: (family, host) =>
    family.kind === 'y-websocket'
      ? none('has no word for it')
      : (newestOnly(family) ??
        failsOn('hocuspocus', 'says that it is saved', /acknowledged/)(family, host)),
  async run(scene) {
    const server = await scene.shared()
    const raw = await openRawFamily(scene, server)
    scene.after(() => raw.client.socket.terminate())
    const isAck = (body: Uint8Array): boolean =>
      scene.family.kind === 'quire'
        ? body[0] === SAVED
        : (body[0] === STATUS && body[1] === 1) || body[0] === MARK
    const isRefusal = ([type, what]: Uint8Array): boolean =>
      type === REFUSED && (scene.family.kind === 'quire' || what === 1)
    await scene.until('it is answered', () => raw.heard.length > 1)
    const before = raw.heard.filter(isAck).length
    raw.client.socket.send(raw.frame(updateFrame(Uint8Array.of(1, 1, 7, 0, 4, 1, 2))))
    raw.client.socket.send(raw.frame(markBody(1)))
    const watcher = await scene.synced(server) // by then it has been read
    await scene.until(
      'it is refused or acknowledged',
      () =>
        raw.client.closed !== null ||
        raw.heard.some((body) => body[0] === 7 || isRefusal(body)) ||
        raw.heard.filter(isAck).length > before,
    )
    if (raw.heard.filter(isAck).length > before) throw new Error('it is acknowledged')
    if (textOf(watcher) !== '') throw new Error('a part of it was taken')
  },
}

const markBody = (version: number): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, MARK)
    encoding.writeVarUint8Array(
      out,
      encoding.encode((inner) => encoding.writeVarUint(inner, version)),
    )
  })

const stalled: Case = {
  title: 'who reads nothing does not grow the server without bound',
  exception: (family, { isQuire }: Host) =>
    newestOnly(family) ??
    (isQuire ? null : { kind: 'fails', why: 'keeps all of it in memory', with: /grew by/ }),
  async run(scene) {
    const server = await scene.own({
      env: { QUIRE_MAX_BYTES_PER_SECOND: String(4 * KIB ** 3) }, // how long it takes is not asked
    })
    const [writer, reader] = await Promise.all([scene.synced(server), scene.synced(server)])
    const say = async (mib: number): Promise<void> => {
      const text = writer.doc.getText('text')
      for (let said = 0; said < mib * KIB * KIB; said += UPDATE_BYTES) {
        text.insert(0, 'x'.repeat(UPDATE_BYTES))
        text.delete(0, UPDATE_BYTES)
        if ((said / UPDATE_BYTES) % 8 === 7)
          await scene.until('who reads has it', () => haveConverged(writer, reader), 30_000)
      }
      await scene.until('who reads has all', () => haveConverged(writer, reader), 30_000)
    }
    await say(WARM_UP_MIB)
    const raw = await openRawFamily(scene, server)
    scene.after(() => raw.client.socket.terminate())
    await scene.until('it is answered', () => raw.heard.length > 1)
    raw.client.socket.pause()
    const before = await residentMib(server.pid)
    await say(SAID_MIB)
    const grewBy = (await residentMib(server.pid)) - before
    if (grewBy > GROWTH_MIB) throw new Error(`the server grew by ${Math.round(grewBy)} MiB`)
  },
}

const wrongToken: Case = {
  title: 'who comes back with a wrong token costs few connections',
  exception: (family, host) =>
    !host.isQuire && family.kind === 'y-websocket' && !family.name.includes(' 3.')
      ? {
          kind: 'fails',
          why: 'has no logins; closed with 4401, this client comes back every 100 ms',
          with: /connections/,
        }
      : null,
  async run(scene) {
    const server = await scene.shared({ hasLogins: true })
    const line = await scene.line(server)
    const token = tokenFor(scene.document, 'write', { secret: 'of a stranger' })
    scene.open(line, { token: () => token })
    // Quire's are counted for a time; a peer's until there were too many, however busy the machine is
    const watchedMs = scene.host.isQuire ? WATCHED_MS : PEER_WATCHED_MS
    const areTooMany = (): boolean => line.connections > CONNECTIONS[scene.family.kind]
    const isOver = waited(watchedMs)
    await scene.until('it has been watched', () => areTooMany() || isOver(), 2 * watchedMs)
    if (areTooMany()) throw new Error(`${line.connections} connections`)
  },
}

/** What peers get wrong. A full disk is among what is saved. */
export const peers: Theme = {
  title: 'what servers get wrong',
  cases: [relayed, lateClose, beforeLoad, twice, brokenUpdate, stalled, wrongToken],
}
