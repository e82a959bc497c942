/* Quire's own client against a real server. E2E_SEED repeats a run. */
import { connect, type Connected, type ConnectOptions } from '@quire/provider'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Doc } from 'yjs'
import { between, randomFrom, runSeed } from '../harness/random.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { openClient, TEXT } from '../harness/stock-client.ts'
import { until } from '../harness/until.ts'
import { SECRET, sign } from '../compat/servers/login.ts'

const seed = runSeed()
const random = randomFrom(seed)

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

type Options = Partial<ConnectOptions>

const open = (server: ServerProcess, document: string, options: Options = {}): Connected => {
  const doc = options.doc ?? new Doc()
  const provider = connect({ url: server.url, document, ...options, doc })
  cleanups.push(() => {
    provider.close()
    doc.destroy()
  })
  return provider
}
const never = (): never => {
  throw new Error('no writer')
}
const textOf = ({ doc }: Connected): string => doc.getText(TEXT).toJSON()
const type = ({ doc }: Connected, text: string): void => doc.getText(TEXT).insert(0, text)
const live = (provider: Connected): Promise<void> =>
  until('it is live', () => provider.state.kind === 'live')
const saved = (provider: Connected): Promise<void> =>
  until('it is saved', () => provider.state.saved, 30_000)

describe('with an open server', () => {
  let server: ServerProcess
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server.remove())

  it('two of them and a stock y-websocket client write one document, and see each other', async () => {
    const [ann, bob] = [open(server, 'together'), open(server, 'together')]
    const cyd = openClient(server, 'together')
    cleanups.push(() => cyd.close())
    await Promise.all([live(ann), live(bob), cyd.synced()])
    type(ann, 'ann ')
    type(bob, 'bob ')
    cyd.text.insert(0, 'cyd ')
    await until(
      'all have all',
      () =>
        new Set([textOf(ann), textOf(bob), cyd.text.toJSON()]).size === 1 &&
        textOf(ann).length === 12,
    )
    ann.presence?.setLocalState({ name: 'Ann' })
    cyd.provider.awareness.setLocalState({ name: 'Cyd' })
    const seenBy = (awareness: { getStates(): Map<number, unknown> } | null): string =>
      JSON.stringify([...(awareness?.getStates().values() ?? [])])
    await until(
      'bob sees both',
      () => /Ann/.test(seenBy(bob.presence)) && /Cyd/.test(seenBy(bob.presence)),
    )
    await until('the stock client sees Ann', () => seenBy(cyd.provider.awareness).includes('Ann'))
    ann.close()
    await until('ann is gone for all', () => !seenBy(bob.presence).includes('Ann'))
    await until('for the stock client, too', () => !seenBy(cyd.provider.awareness).includes('Ann'))
  })

  it('"saved" is true once it is on disk, and says before what is not', async () => {
    const ann = open(server, 'saved')
    await live(ann)
    type(ann, 'a')
    expect(ann.state).toMatchObject({ saved: false, unsaved: { changes: 1 } })
    expect(await ann.flush()).toEqual({ ok: true })
    expect(ann.state).toMatchObject({ saved: true, unsaved: { changes: 0, since: null } })
  })

  it('what was written before it was connected, offline, and by deleting is all saved', async () => {
    const doc = new Doc()
    doc.getText(TEXT).insert(0, 'written before')
    const ann = open(server, 'before', { doc })
    expect(ann.state.saved).toBe(false)
    await saved(ann)
    doc.getText(TEXT).delete(0, 8)
    await saved(ann)
    const bob = open(server, 'before')
    await until('bob reads it', () => textOf(bob) === 'before')
  })

  it('pauses, keeps what is changed meanwhile, and goes on where it was', async () => {
    const [ann, bob] = [open(server, 'paused'), open(server, 'paused')]
    await Promise.all([live(ann), live(bob)])
    type(ann, 'a')
    await saved(ann)
    ann.pause()
    expect(ann.state).toMatchObject({ kind: 'connecting', saved: true })
    type(ann, 'b')
    type(bob, 'c')
    expect(ann.state).toMatchObject({ saved: false, unsaved: { changes: 1 } })
    await saved(bob)
    expect(textOf(ann)).toBe('ba')
    ann.resume()
    ann.resume()
    await saved(ann)
    await until('both have all', () => textOf(ann) === textOf(bob) && textOf(ann).length === 3)
  })

  it('a signal reaches those who are here', async () => {
    const [ann, bob] = [open(server, 'signals'), open(server, 'signals')]
    await Promise.all([live(ann), live(bob)])
    const heard: number[][] = []
    bob.onSignal(({ data }) => heard.push([...data]))
    await until('a signal is heard', () => {
      ann.signal(Uint8Array.of(1, 2, 3))
      return heard.length > 0
    })
    expect(heard[0]).toEqual([1, 2, 3])
  })

  it('documents of a page share one connection, and it ends with the last', async () => {
    const sockets: WebSocket[] = []
    const { WebSocket: Real } = globalThis
    class Counted extends Real {
      constructor(...args: ConstructorParameters<typeof Real>) {
        super(...args)
        sockets.push(this)
      }
    }
    globalThis.WebSocket = Counted
    cleanups.push(() => (globalThis.WebSocket = Real))
    const many = Array.from({ length: 20 }, (_, i) => open(server, `many/${i}`))
    await Promise.all(many.map(live))
    for (const [i, one] of many.entries()) type(one, `text ${i}`)
    await Promise.all(many.map(saved))
    expect(sockets).toHaveLength(1)
    for (const one of many.slice(1)) one.close()
    type(many[0] ?? open(server, 'none'), 'still ')
    await until('the last one is still saved', () => many[0]?.state.saved === true)
    many[0]?.close()
    await until('the connection ends', () => sockets.every(({ readyState }) => readyState === 3))
    const again = open(server, 'many/3')
    await until('it opens another one', () => textOf(again) === 'text 3')
    expect(sockets).toHaveLength(2)
  })

  it.each([
    ['a name that is none', () => ({ document: '' }), /name is empty/],
    ['no address', () => ({ url: 'nowhere' }), /"nowhere" is no address/],
    ['an address of something else', () => ({ url: 'ftp://x' }), /is no address of a server/],
  ])('%s is told at once', (_, wrong, message) => {
    expect(() => connect({ url: server.url, document: 'x', doc: new Doc(), ...wrong() })).toThrow(
      message,
    )
  })
})

describe('with a server that dies', () => {
  it('comes back, gets only what it missed, and sees at once who is there', async () => {
    const server = await startServer()
    cleanups.push(() => server.remove())
    const [ann, bob] = [open(server, 'resumed'), open(server, 'resumed')]
    await Promise.all([live(ann), live(bob)])
    for (let i = 0; i < 200; i++) type(ann, `${'x'.repeat(50)}${i} `)
    bob.presence?.setLocalState({ name: 'Bob' })
    await saved(ann)
    await until('bob has it', () => textOf(bob) === textOf(ann))
    await until('ann sees bob', () => (ann.presence?.getStates().size ?? 0) > 1)
    await server.end('SIGKILL')
    await until('ann knows', () => ann.state.kind === 'waiting')
    expect(ann.presence?.getStates().size).toBe(1)
    type(ann, 'offline ')
    expect(ann.state.saved).toBe(false)
    await server.restart()
    await saved(ann)
    await until('bob has what ann wrote', () => textOf(bob) === textOf(ann))
    await until('ann sees bob again', () =>
      [...(ann.presence?.getStates().values() ?? [])].some((state) => state['name'] === 'Bob'),
    )
  })

  it(`kill -9: what was shown as saved is there without those who wrote it, E2E_SEED=${seed}`, async () => {
    const server = await startServer()
    cleanups.push(() => server.remove())
    const promised = new Set<string>()
    let written = 0
    for (let round = 0; round < 6; round++) {
      const writers = [0, 1, 2].map(() => ({ provider: open(server, 'killed'), words: [''] }))
      await Promise.all(writers.map(({ provider }) => live(provider)))
      const endsAt = Date.now() + between(random, 100, 500)
      const look = (): void => {
        for (const { provider, words } of writers)
          if (provider.state.saved) for (const word of words.splice(0)) promised.add(word)
      }
      while (Date.now() < endsAt) {
        const { provider, words } = writers[between(random, 0, 2)] ?? writers[0] ?? never()
        const word = `<${written++}>`
        words.push(word)
        type(provider, word)
        // now and then somebody stops to think
        if (between(random, 0, 2) === 0)
          await until('it is saved', () => provider.state.saved || Date.now() >= endsAt)
        else await new Promise(setImmediate)
        look()
      }
      await server.end('SIGKILL')
      look()
      for (const { provider } of writers) provider.close()
      await server.restart()
    }
    const reader = open(server, 'killed')
    await live(reader)
    const text = textOf(reader)
    expect(promised.size).toBeGreaterThan(10)
    expect([...promised].filter((word) => !text.includes(word))).toEqual([])
  })

  it('a thousand offline changes arrive, though the server restarts while they are sent', async () => {
    const server = await startServer()
    cleanups.push(() => server.remove())
    const ann = open(server, 'upload')
    await live(ann)
    await server.end('SIGKILL')
    for (let i = 0; i < 1_000; i++) type(ann, `${i} `)
    expect(ann.state.unsaved.changes).toBeGreaterThanOrEqual(1_000)
    await server.restart()
    await until('it is back', () => ann.state.kind === 'syncing' || ann.state.kind === 'live')
    await server.end('SIGKILL')
    await server.restart()
    await saved(ann)
    const bob = open(server, 'upload')
    await until('bob reads all', () => textOf(bob) === textOf(ann))
  })
})

describe('with logins', () => {
  let server: ServerProcess
  beforeAll(async () => {
    server = await startServer({ env: { QUIRE_AUTH: 'jwt', QUIRE_JWT_SECRET: SECRET } })
  })
  afterAll(() => server.remove())

  it('without one, or with a wrong one, it is refused for good, and says why', async () => {
    const [none, wrong] = [open(server, 'mine'), open(server, 'mine', { token: () => 'nonsense' })]
    await until('both are refused', () =>
      [none, wrong].every(({ state }) => state.kind === 'refused' && state.code === 4401),
    )
    type(none, 'kept here')
    expect(none.state).toMatchObject({ kind: 'refused', saved: false })
    expect((await none.flush()).ok).toBe(false)
  })

  it('whoever was refused gets in with another login, and with what it wrote', async () => {
    let token = 'nonsense'
    const ann = open(server, 'again', { token: () => token })
    await until('it is refused', () => ann.state.kind === 'refused')
    type(ann, 'kept ')
    ann.pause()
    expect(ann.state.kind).toBe('refused')
    token = sign({ docs: [{ name: 'again', access: 'write' }] })
    ann.resume()
    expect(ann.state.kind).toBe('connecting')
    await saved(ann)
    const bob = open(server, 'again', { token: () => token })
    await until('bob reads it', () => textOf(bob) === 'kept ')
  })

  it('whoever may only read is told so, keeps what it changed, and is never shown that as saved', async () => {
    const token = () => sign({ docs: [{ name: 'read', access: 'read' }] })
    const ann = open(server, 'read', { token })
    await live(ann)
    type(ann, 'mine')
    await until('it is denied', () => ann.state.denied !== null)
    expect(ann.state).toMatchObject({ kind: 'live', access: 'read', saved: false })
  })

  it('a login that is over is asked for again, on the open connection', async () => {
    let asked = 0
    const token = () => {
      asked++
      const exp = Math.floor(Date.now() / 1_000) + (asked === 1 ? 2 : 3_600)
      return sign({ sub: 'ann', exp, docs: [{ name: 'renewed', access: 'write' }] })
    }
    const ann = open(server, 'renewed', { token })
    await live(ann)
    await until('it is asked for another login', () => asked > 1, 30_000)
    type(ann, 'still here')
    await saved(ann)
    expect(ann.state).toMatchObject({ kind: 'live', user: 'ann' })
  })

  it('who is who says the login, and not the client', async () => {
    const token = (sub: string) => () => sign({ sub, docs: [{ name: 'who', access: 'write' }] })
    const ann = open(server, 'who', { token: token('ann') })
    const eve = open(server, 'who', { token: token('eve') })
    await Promise.all([live(ann), live(eve)])
    eve.presence?.setLocalState({ user: 'ann' })
    await until('ann sees eve', () => ann.users.get(eve.doc.clientID) === 'eve')
  })

  it('a token that cannot be had is tried for again later', async () => {
    let asked = 0
    const token = async () => {
      if (++asked < 3) throw new Error('the application is away')
      return sign({ docs: [{ name: 'late', access: 'write' }] })
    }
    const ann = open(server, 'late', { token })
    await until('it waits', () => ann.state.kind === 'waiting')
    expect(ann.state).toMatchObject({ reason: 'no token: the application is away' })
    await live(ann)
  })
})
