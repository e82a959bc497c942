/* Connections that end: the line, the server, its machine. */
import { Doc } from 'yjs'
import { haveConverged } from '../../harness/contents.ts'
import { updateFrame } from '../../harness/frames.ts'
import type { Client, Family } from '../families/family.ts'
import { none, type Exception, type Scene, type Theme } from './case.ts'
import { openRawFamily } from './raw.ts'

const write = ({ doc }: Client, text: string): void => doc.getText('text').insert(0, text)

const equal = (scene: Scene, a: Client, b: Client): Promise<void> =>
  scene.until('both hold the same', () => haveConverged(a, b))

const textOf = ({ doc }: Client): string => doc.getText('text').toJSON()

const expectText = (client: Client, ...words: readonly string[]): void => {
  const text = textOf(client)
  for (const word of words)
    if (text.split(word).length !== 2)
      throw new Error(`${word} is not there once: ${JSON.stringify(text)}`)
}

/** Updates of somebody who sets these keys one behind the other: none refers to another. */
const partsOf = (doc: Doc, ...keys: readonly string[]): readonly [Uint8Array, Uint8Array] => {
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const key of keys) doc.getMap('map').set(key, true)
  const [first = new Uint8Array(), second = new Uint8Array()] = updates
  return [first, second]
}

const showsNothing = ({ savedBy }: Family): Exception | null =>
  savedBy === null ? none('it shows nothing of it') : null

/** What a client goes through when its server ends and comes back. */
const serverEnds = (signal: 'SIGTERM' | 'SIGKILL') => async (scene: Scene) => {
  const server = await scene.own()
  const [one, other] = await Promise.all([scene.synced(server), scene.synced(server)])
  write(one, 'before ')
  await equal(scene, one, other)
  await scene.until('it is saved', () => one.isSaved() !== false)
  await server.end(signal)
  await scene.until('both know that it is gone', () => !one.isSynced() && !other.isSynced())
  write(one, 'meanwhile-one ')
  write(other, 'meanwhile-other ')
  await server.restart()
  await scene.until('both are back', () => one.isSynced() && other.isSynced())
  await scene.until('both hold what both have written', () => haveConverged(one, other))
  const newcomer = await scene.synced(server)
  await equal(scene, one, newcomer)
  expectText(newcomer, 'before', 'meanwhile-one', 'meanwhile-other')
}

/** Connections. */
export const connection: Theme = {
  title: 'connection',
  cases: [
    {
      title: 'after a lost connection, what both sides have written meanwhile comes together',
      async run(scene) {
        const server = await scene.shared()
        const line = await scene.line(server)
        const [one, other] = await Promise.all([scene.synced(line), scene.synced(server)])
        write(one, 'before ')
        await equal(scene, one, other)
        line.set({ kind: 'dead' })
        write(one, 'mine ')
        write(other, 'yours ')
        line.set({ kind: 'fine' }) // what was under way is lost, and the connection cut
        await equal(scene, one, other)
        expectText(one, 'before', 'mine', 'yours')
      },
    },
    {
      title: 'who has heard only a part of what somebody wrote is let in again',
      async run(scene) {
        const server = await scene.shared()
        const line = await scene.line(server)
        const [one, other] = await Promise.all([scene.synced(line), scene.synced(server)])
        const stranger = await openRawFamily(scene, server)
        scene.after(() => stranger.client.socket.terminate())
        const [first, second] = partsOf(new Doc(), 'first', 'second')
        const [last] = partsOf(new Doc(), 'last')
        const say = (update: Uint8Array): void =>
          stranger.client.socket.send(stranger.frame(updateFrame(update)))
        say(second)
        say(last)
        const hasHeard = (client: Client, key: string) => () => client.doc.getMap('map').has(key)
        await scene.until('what came behind it is heard', hasHeard(one, 'last'))
        const told = one.statuses.length
        line.cut()
        write(one, 'mine')
        const isBack = (): boolean => one.statuses.length > told && one.isSynced()
        await scene.until('it is out, and back', isBack)
        await scene.until('what it wrote is heard', () => textOf(other) === 'mine')
        say(first)
        await scene.until('the rest is heard', hasHeard(one, 'first'))
        await equal(scene, one, other)
        if (other.doc.getMap('map').size !== 3) throw new Error('it does not have three keys')
      },
    },
    {
      title: 'it tells of a lost connection, and of the next',
      async run(scene) {
        const server = await scene.shared()
        const line = await scene.line(server)
        const client = await scene.synced(line)
        const isUp = (): boolean => client.statuses.at(-1) === 'connected'
        await scene.until('it is said to be connected', isUp)
        const before = client.statuses.length
        line.cut()
        await scene.until(
          'it has told of both',
          () => client.statuses.length > before + 1 && isUp(),
        )
        const told = client.statuses.slice(before)
        if (!told.some((status) => status !== 'connected'))
          throw new Error(`it told only ${told.join(', ')}`)
        await scene.until('it is synced', () => client.isSynced())
      },
    },
    {
      title: 'it leaves when it is told to, and comes back when it is told to',
      async run(scene) {
        const server = await scene.shared()
        const [one, other] = await Promise.all([scene.synced(server), scene.synced(server)])
        one.disconnect()
        write(one, 'mine ')
        write(other, 'yours ')
        if (one.canLeave)
          await scene.until('it has left', () => one.statuses.at(-1) !== 'connected')
        one.connect()
        await equal(scene, one, other)
        expectText(other, 'mine', 'yours')
      },
    },
    { title: 'a server that is restarted goes on where it was', run: serverEnds('SIGTERM') },
    {
      title: 'a server that is killed goes on where it was, with the clients that were there',
      run: serverEnds('SIGKILL'),
    },
    {
      title: 'what was shown as saved is there after a kill, without the client that wrote it',
      exception: (family, host) =>
        showsNothing(family) ??
        (host.isQuire
          ? null
          : {
              kind: 'fails',
              why: 'shows as saved what is in memory; it is stored 2 to 10 s later',
              with: /is not there once/,
            }),
      async run(scene) {
        const server = await scene.own()
        const client = await scene.synced(server)
        write(client, 'promised')
        await scene.until('it is shown as saved', () => client.isSaved() === true)
        await server.end('SIGKILL')
        client.destroy()
        await server.restart()
        expectText(await scene.synced(server), 'promised')
      },
    },
  ],
}
