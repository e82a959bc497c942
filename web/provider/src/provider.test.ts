import {
  encodeConnectionNotice,
  type ChannelNotice,
  type StateVector,
  type Update,
} from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { Awareness } from 'y-protocols/awareness'
import { applyUpdate, Doc, encodeStateAsUpdate, UndoManager } from 'yjs'
import type { Provider } from './provider.ts'
import { createWorld } from './testing/test-clients.ts'
import { TestServer } from './testing/test-server.ts'

const textOf = ({ doc }: Provider): string => doc.getText('text').toJSON()
const write = ({ doc }: Provider, text: string): void => doc.getText('text').insert(0, text)
const onDisk = (server: TestServer, name = 'notes'): string =>
  server.document(name).durable().getText('text').toJSON()
const ending = { code: 1013, advice: 'retry', waitMs: 0, reason: 'later' } as const

describe('a provider', () => {
  it('is live when it has been answered, and saved when its changes are on disk, not before', async () => {
    const { open, network, server } = createWorld()
    const ann = open()
    const kinds: string[] = []
    ann.subscribe(() => kinds.push(ann.state.kind))
    expect(ann.state).toMatchObject({ kind: 'connecting', saved: true })
    await network.settle()
    expect(kinds.filter((kind, i) => kind !== kinds[i - 1])).toEqual([
      'connecting',
      'syncing',
      'live',
    ])
    write(ann, 'a')
    expect(ann.state).toMatchObject({ saved: false, unsaved: { changes: 1, since: 1_000_000 } })
    await network.settle()
    expect(ann.state.saved).toBe(false)
    server.commit()
    await network.settle()
    expect(ann.state).toMatchObject({ saved: true, unsaved: { changes: 0, since: null } })
    expect(onDisk(server)).toBe('a')
  })

  it('shows the same object until something changes', async () => {
    const world = createWorld()
    const ann = world.open()
    await world.rest()
    const { state } = ann
    let told = 0
    const undo = ann.subscribe(() => told++)
    await world.pass(60_000)
    expect(ann.state).toBe(state)
    expect(told).toBe(0)
    undo()
    write(ann, 'a')
    expect(told).toBe(0)
    expect(ann.state).not.toBe(state)
  })

  it('echoes nothing, undoes what is done here only, and says who changed what by the origin', async () => {
    const world = createWorld()
    const [ann, bob] = [world.open(), world.open()]
    const undo = new UndoManager(ann.doc.getText('text'))
    const origins: unknown[] = []
    ann.doc.on('update', (_: Uint8Array, origin: unknown) => origins.push(origin))
    await world.rest()
    write(ann, 'ann ')
    await world.rest()
    write(bob, 'bob ')
    await world.rest()
    expect(origins).toEqual([null, ann])
    expect(world.server.document('notes').log).toHaveLength(2)
    undo.undo()
    await world.rest()
    expect(textOf(bob)).toBe('bob ')
  })

  it('sends what others apply to its document, and what is changed with itself as origin', async () => {
    const world = createWorld()
    const ann = world.open()
    await world.rest()
    const other = new Doc()
    other.getText('text').insert(0, 'other ')
    applyUpdate(ann.doc, encodeStateAsUpdate(other), 'another provider')
    ann.doc.transact(() => write(ann, 'own '), ann)
    await world.rest()
    expect(onDisk(world.server)).toBe('own other ')
  })

  it('is not saved within a listener that changes it, and waits for what was changed so far only', async () => {
    const { open, rest, network, server, environment } = createWorld()
    const [ann, bob] = [open(), open()]
    await rest()
    const flushed: string[] = []
    ann.doc.getText('text').observe((_, { local }) => {
      if (local) return
      ann.doc.getMap('own').set('seen', true)
      void ann.flush().then(() => flushed.push('observer'))
    })
    const seen: boolean[] = []
    const undo = ann.subscribe(() => {
      undo()
      write(ann, 'listener ')
      seen.push(ann.state.saved)
    })
    write(bob, 'hello ')
    await network.settle()
    expect([seen, flushed]).toEqual([[false], []])
    environment.pass(20)
    await network.settle()
    server.commit()
    await network.settle()
    write(ann, 'more ')
    await network.settle()
    expect(ann.state.saved).toBe(false)
    expect(flushed).toEqual(['observer'])
  })

  it('goes on after something that it cannot do', async () => {
    const { open, rest, environment } = createWorld()
    const offline = {
      open: async () => ({
        ok: true as const,
        value: {
          get kept(): never {
            throw new Error('a store that lies')
          },
          close: async () => undefined,
        } as never,
      }),
      documents: async () => ({ ok: true as const, value: [] }),
      close: async () => undefined,
    }
    const ann = open({ offline })
    await rest()
    expect(environment.reported).toEqual([new Error('a store that lies')])
    ann.close()
    expect(ann.state.kind).toBe('closed')
  })

  it('keeps subdocuments in step, each with a connection of its own', async () => {
    const world = createWorld()
    const [ann, bob] = [world.open({ page: 'ann' }), world.open({ page: 'bob' })]
    await world.rest()
    const part = new Doc()
    ann.doc.getMap('parts').set('one', part)
    await world.rest()
    const its = bob.doc.getMap<Doc>('parts').get('one') ?? new Doc()
    its.load()
    const [own, theirs] = [
      world.open({ page: 'ann', document: part.guid, doc: part }),
      world.open({ page: 'bob', document: its.guid, doc: its }),
    ]
    await world.rest()
    write(own, 'in a part')
    await world.rest()
    expect(textOf(theirs)).toBe('in a part')
    expect(world.network.held).toHaveLength(2)
  })

  it('ends with its document', async () => {
    const world = createWorld()
    const ann = world.open()
    await world.rest()
    ann.doc.destroy()
    expect(ann.state.kind).toBe('closed')
    expect(world.network.held).toEqual([])
  })
})

describe('documents of one page', () => {
  it('share one connection; one that is paused or closed is gone for the server, the others stay', async () => {
    const world = createWorld()
    const page = 'one page'
    const [ann, more, last] = ['notes', 'more', 'last'].map((document) =>
      world.open({ page, document, presence: true }),
    )
    const bob = world.open({ presence: true })
    await world.rest()
    ann?.presence?.setLocalState({ name: 'ann' })
    await world.rest()
    expect(bob.presence?.getStates().size).toBe(2)
    expect(world.network.held).toHaveLength(2)
    ann?.pause()
    more?.close()
    await world.rest()
    expect(world.server.sessions()).toHaveLength(2)
    expect(bob.presence?.getStates().size).toBe(1)
    expect(last?.state.kind).toBe('live')
    ann?.resume()
    await world.rest()
    expect(ann?.state.kind).toBe('live')
    expect(world.network.held).toHaveLength(2)
    ann?.close()
    last?.close()
    await world.rest()
    expect(world.server.sessions()).toHaveLength(1)
    expect(world.network.held).toHaveLength(1)
  })

  it('say what was changed last before they are closed or paused', async () => {
    const world = createWorld()
    const page = 'one page'
    const [ann, bob] = [world.open({ page }), world.open({ page, document: 'other' })]
    world.open({ page, document: 'stays' })
    await world.rest()
    for (const one of [ann, bob]) for (const text of ['a', 'b', 'c']) write(one, text)
    ann.close()
    bob.pause()
    await world.rest()
    expect([onDisk(world.server), onDisk(world.server, 'other')]).toEqual(['cba', 'cba'])
  })

  it('may be closed and paused by who watches them, in the middle of a change', async () => {
    const world = createWorld()
    const page = 'one page'
    const [ann, bob] = [world.open({ page }), world.open({ page, document: 'other' })]
    world.open({ page, document: 'stays' })
    const writers = [world.open(), world.open({ document: 'other' })]
    await world.rest()
    ann.doc.getText('text').observe(() => ann.close())
    bob.doc.getText('text').observe(() => {
      bob.pause()
      bob.resume()
    })
    for (const writer of writers) write(writer, 'x')
    await world.rest()
    expect(ann.state.kind).toBe('closed')
    expect(bob.state.kind).toBe('live')
    expect(world.server.sessions('notes')).toHaveLength(1)
    expect(world.server.sessions('other')).toHaveLength(2)
  })

  it('what is still said on a channel that was closed is for nobody', async () => {
    const world = createWorld()
    const ann = world.open()
    await world.rest()
    const [old] = world.server.sessions()
    write(ann, 'a')
    world.server.tell('notes', { kind: 'saved', number: 99 }) // a lie: it comes again on another channel
    await world.network.settle()
    expect(ann.state.kind).toBe('waiting')
    await world.pass(2_000)
    old?.tell({ kind: 'saved', number: 1 })
    old?.tell({ kind: 'closed', ...ending, advice: 'stop' })
    await world.network.settle()
    expect(ann.state).toMatchObject({ kind: 'live', saved: false })
  })
})

describe('logins', () => {
  it('one that does not come in time is asked for again, and counts no more when it comes', async () => {
    const world = createWorld()
    const answers: ((token: string) => void)[] = []
    const told: (string | null)[] = []
    world.server.authorize = (token) => {
      told.push(token)
      return { access: 'write', user: token }
    }
    const ann = world.open({
      token: () => new Promise<string>((resolve) => answers.push(resolve)),
    })
    await world.pass(30_500)
    expect(ann.state).toMatchObject({ kind: 'waiting', reason: 'no token within 30000 ms' })
    await world.pass(2_000)
    answers[0]?.('late')
    await world.network.settle()
    expect(told).toEqual([])
    answers[1]?.('new')
    await world.network.settle()
    expect(ann.state).toMatchObject({ kind: 'live', user: 'new' })
  })

  it('where the server does not say whether the document is open, it is tried again', async () => {
    const world = createWorld()
    const ann = world.open()
    const { heard } = world.server
    world.server.heard = () => undefined
    await world.pass(30_500)
    expect(ann.state.kind).toBe('waiting')
    world.server.heard = heard
    await world.pass(5_000)
    expect(ann.state.kind).toBe('live')
  })

  it('a refusal is for good, until somebody wants it again', async () => {
    const world = createWorld()
    world.server.authorize = () => ({ refused: { ...ending, code: 4401, advice: 'stop' } })
    const ann = world.open()
    await world.pass(120_000)
    expect(ann.state).toMatchObject({ kind: 'refused', code: 4401 })
    expect(world.network.held).toEqual([])
    world.server.authorize = () => ({ access: 'write', user: null })
    ann.resume()
    await world.rest()
    expect(ann.state.kind).toBe('live')
  })

  it('so is one of the whole connection', async () => {
    const world = createWorld()
    const page = 'one page'
    const [ann, bob] = [world.open({ page }), world.open({ page, document: 'other' })]
    await world.rest()
    world.server.tellAll({ kind: 'farewell', ...ending, advice: 'stop', reason: 'gone for good' })
    await world.pass(120_000)
    expect([ann.state, bob.state]).toMatchObject([
      { kind: 'refused', reason: 'gone for good' },
      { kind: 'refused' },
    ])
    ann.resume()
    await world.rest()
    expect([ann.state.kind, bob.state.kind]).toEqual(['live', 'live'])
  })

  it('what was denied is saved once it may be, and is not called denied from then on', async () => {
    const world = createWorld()
    world.server.authorize = () => ({ access: 'read', user: null })
    const ann = world.open()
    await world.rest()
    write(ann, 'a')
    await world.rest()
    expect(ann.state).toMatchObject({
      kind: 'live',
      access: 'read',
      saved: false,
      denied: 'this login may only read',
    })
    expect(await ann.flush()).toMatchObject({ ok: false })
    world.server.authorize = () => ({ access: 'write', user: null })
    world.network.cutAll()
    await world.pass(5_000)
    expect(ann.state).toMatchObject({ access: 'write', denied: null })
    const flushed = ann.flush()
    await world.rest()
    expect(await flushed).toEqual({ ok: true })
    expect(onDisk(world.server)).toBe('a')
  })

  it('on an open connection, too', async () => {
    const world = createWorld()
    world.server.authorize = () => ({ access: 'read', user: null })
    const ann = world.open()
    await world.rest()
    write(ann, 'a')
    await world.rest()
    for (const session of world.server.sessions()) session.regrant('write')
    await world.rest()
    expect(ann.state).toMatchObject({ access: 'write', denied: null, saved: true })
  })

  it('that the server cannot save is forgotten with the server that said it', async () => {
    const world = createWorld()
    const ann = world.open()
    await world.rest()
    world.server.tell('notes', { kind: 'disk', works: false })
    await world.network.settle()
    expect(ann.state.serverSaves).toBe(false)
    world.network.cutAll()
    await world.pass(5_000)
    expect(ann.state).toMatchObject({ kind: 'live', serverSaves: true })
  })
})

describe('what is large', () => {
  const ROOM = 4_096
  const large = (server: TestServer): number =>
    server.heardOf.reduce((most, { bytes }) => Math.max(most, bytes), 0)

  it('leaves in messages that the server takes: changes, and what was there before', async () => {
    const world = createWorld(new TestServer({ messageBytes: ROOM }))
    const doc = new Doc()
    for (let i = 0; i < 2_000; i++) doc.getText('text').insert(0, `${i} before `)
    const ann = world.open({ doc })
    await world.rest()
    expect(ann.state.saved).toBe(true)
    write(ann, 'x'.repeat(20_000))
    await world.rest()
    world.network.cutAll()
    write(ann, 'y'.repeat(20_000))
    await world.pass(5_000)
    await world.rest()
    expect(ann.state.saved).toBe(true)
    expect(large(world.server)).toBeLessThanOrEqual(ROOM)
    expect(onDisk(world.server)).toBe(textOf(ann))
  })

  it('a value that cannot be cut is not sent, and said to be unsaved; all else is saved', async () => {
    const world = createWorld(new TestServer({ messageBytes: ROOM }))
    const page = 'one page'
    const [ann, bob] = [world.open({ page }), world.open({ page, document: 'other' })]
    await world.rest()
    ann.doc.getMap('map').set('image', new Uint8Array(9_000))
    write(ann, 'after')
    write(bob, 'b')
    await world.rest()
    expect(ann.state).toMatchObject({ kind: 'live', saved: false })
    expect(ann.state.denied).toMatch(
      /a change of 9\d\d\d bytes is not sent: the server takes .* 4096/,
    )
    expect(bob.state.saved).toBe(true)
    world.network.cutAll()
    await world.pass(5_000)
    await world.rest()
    expect(ann.state).toMatchObject({ kind: 'live', saved: false })
    expect(large(world.server)).toBeLessThanOrEqual(ROOM)
    ann.doc.getMap('map').delete('image')
    world.network.cutAll()
    await world.pass(5_000)
    await world.rest()
    expect(ann.state).toMatchObject({ kind: 'live', saved: true, denied: null })
    expect(onDisk(world.server)).toBe('after')
  })

  it('thousands of offline changes leave in few messages', async () => {
    const world = createWorld()
    const ann = world.open()
    await world.rest()
    world.network.cutAll()
    for (let i = 0; i < 3_000; i++) write(ann, `${i} `)
    expect(ann.state.unsaved.changes).toBe(3_000)
    const before = world.server.heardOf.length
    await world.pass(5_000)
    await world.rest()
    expect(ann.state.saved).toBe(true)
    expect(world.server.heardOf.length - before).toBeLessThan(10)
    expect(onDisk(world.server)).toBe(textOf(ann))
  })
})

describe('a clock that is set back by an hour', () => {
  it('keeps nothing from being sent, and nobody from coming back', async () => {
    const world = createWorld()
    const ann = world.open()
    await world.rest()
    write(ann, 'a')
    write(ann, 'b')
    world.environment.time -= 3_600_000
    world.environment.expire()
    await world.rest()
    expect(ann.state.saved).toBe(true)
    world.server.close('notes', ending)
    await world.network.settle()
    expect(ann.state.kind).toBe('waiting')
    world.environment.time -= 3_600_000
    world.environment.expire()
    await world.network.settle()
    expect(ann.state.kind).toBe('live')
  })
})

describe('presence', () => {
  const names = (provider: Provider): readonly string[] =>
    [...(provider.presence?.getStates().values() ?? [])]
      .map((state) => String(state['name']))
      .toSorted()

  it('is seen by others, with who they are by their login, and at once after a reconnect', async () => {
    const world = createWorld()
    world.server.authorize = (user) => ({ access: 'write', user })
    const [ann, bob] = ['ann', 'bob'].map((name) =>
      world.open({ presence: true, token: () => `login of ${name}` }),
    ) as [Provider, Provider]
    ann.presence?.setLocalState({ name: 'ann' })
    bob.presence?.setLocalState({ name: 'bob' })
    await world.rest()
    expect([names(ann), names(bob)]).toEqual([
      ['ann', 'bob'],
      ['ann', 'bob'],
    ])
    expect(ann.users.get(bob.doc.clientID)).toBe('login of bob')
    const [line] = world.network.held
    line?.cut()
    expect(names(ann)).toEqual(['ann'])
    expect(ann.users.size).toBe(0)
    await world.pass(5_000)
    expect([names(ann), names(bob)]).toEqual([
      ['ann', 'bob'],
      ['ann', 'bob'],
    ])
  })

  it('what this client is, the server cannot say', async () => {
    const world = createWorld()
    const ann = world.open({ presence: true })
    ann.presence?.setLocalState({ name: 'ann' })
    await world.rest()
    const entry = { clock: 99, state: '{"name":"eve"}', user: null }
    const client = ann.doc.clientID as never
    world.server.tell('notes', { kind: 'presence', entries: [{ client, ...entry }] })
    await world.network.settle()
    expect(names(ann)).toEqual(['ann'])
  })

  it('an awareness of the application is used, and left to it', async () => {
    const world = createWorld()
    const awareness = new Awareness(new Doc())
    const ann = world.open({ presence: awareness })
    await world.rest()
    expect(ann.presence).toBe(awareness)
    ann.close()
    awareness.setLocalState({ name: 'still mine' })
    expect(awareness.getLocalState()).toEqual({ name: 'still mine' })
    awareness.destroy()
  })
})

describe('a server that lies', () => {
  const client = 5 as never
  it.each<[string, ChannelNotice, RegExp]>([
    [
      'asks with what is no state vector',
      { kind: 'ask', stateVector: Uint8Array.of(255, 1) as StateVector },
      /no state vector/,
    ],
    [
      'sends an update that is none',
      { kind: 'update', update: Uint8Array.of(9, 9, 9) as Update },
      /an update that does not apply/,
    ],
    [
      'sends presence that is no JSON',
      {
        kind: 'presence',
        entries: [{ client, clock: 1, state: '{', user: null }],
      },
      /presence that does not apply: presence of client 5: text is not JSON/,
    ],
    ['has saved what was not sent', { kind: 'saved', number: 9 }, /saved 9, and 2 was the last/],
  ])('that %s: waits, keeps what was changed, and disturbs nobody else', async (_, lie, reason) => {
    const world = createWorld()
    const page = 'one page'
    const ann = world.open({ page, presence: true })
    const bob = world.open({ page, document: 'other' })
    await world.rest()
    write(ann, 'a')
    world.server.tell('notes', lie)
    await world.network.settle()
    expect(ann.state.kind).toBe('waiting')
    expect(ann.state).toMatchObject({
      saved: false,
      reason: expect.stringMatching(reason) as unknown,
    })
    expect(bob.state.kind).toBe('live')
    await world.pass(5_000)
    await world.rest()
    expect(ann.state).toMatchObject({ kind: 'live', saved: true })
    expect(world.environment.reported).toEqual([])
  })

  it.each<[string, (world: ReturnType<typeof createWorld>) => void]>([
    [
      'what does not read',
      ({ server }) => server.lines.forEach((_, line) => line.answer(Uint8Array.of(0))),
    ],
    ['its greeting anew', ({ server }) => server.tellAll({ kind: 'hello', ...server.greeting })],
    [
      'of channels that nobody has',
      ({ server }) => server.lines.forEach((_, line) => line.answer(Uint8Array.of(99, 9, 1))),
    ],
    [
      'of types that nobody knows',
      ({ server }) => server.lines.forEach((_, line) => line.answer(Uint8Array.of(1, 99, 1))),
    ],
  ])('that says %s: all is well in the end', async (_, say) => {
    const world = createWorld()
    const ann = world.open()
    await world.rest()
    write(ann, 'a')
    say(world)
    await world.network.settle()
    await world.pass(5_000)
    await world.rest()
    expect(ann.state).toMatchObject({ kind: 'live', saved: true })
  })

  it('that ends every connection, in whichever way: is tried less and less often', async () => {
    for (const end of ['finish', 'garbage', 'closes', 'silent'] as const) {
      const world = createWorld(new TestServer(), () => 1)
      world.server.connected = (line) => {
        if (end === 'silent') return
        if (end === 'finish') return line.finish()
        line.answer(encodeConnectionNotice({ kind: 'hello', ...world.server.greeting }))
        if (end === 'garbage') line.answer(Uint8Array.of(255))
        else world.server.lines.set(line, new Map())
      }
      if (end === 'closes') world.server.authorize = () => ({ refused: ending })
      const ann = world.open()
      write(ann, 'kept')
      await world.pass(120_000)
      const { length } = world.network.lines
      const attempts = end === 'closes' ? world.server.heardOf.length : length
      expect(attempts).toBeLessThan(end === 'closes' ? 30 : 10)
      expect(['waiting', 'connecting']).toContain(ann.state.kind)
      expect(ann.state.saved).toBe(false)
      ann.close()
    }
  })

  it('[P29] keeps nobody away for longer than an hour', async () => {
    const world = createWorld()
    const ann = world.open()
    await world.rest()
    world.server.tellAll({ kind: 'farewell', ...ending, waitMs: 2 ** 53 - 1 })
    await world.network.settle()
    expect(ann.state.kind).toBe('waiting')
    world.environment.pass(3_700_000)
    await world.network.settle()
    expect(ann.state.kind).toBe('live')
  })
})

describe('an application that throws', () => {
  it('where it watches: hears of it, and loses nothing', async () => {
    const world = createWorld()
    const [ann, bob] = [world.open({ presence: true }), world.open({ presence: true })]
    await world.rest()
    const fail = (where: string) => () => {
      throw new Error(where)
    }
    ann.subscribe(fail('state'))
    ann.onSignal(fail('signal'))
    ann.presence?.on('change', fail('presence'))
    ann.doc.getText('text').observe((_, { local }) => {
      if (local) return
      write(ann, 'a') // is queued behind what it answers
      throw new Error('document')
    })
    write(bob, 'b')
    bob.presence?.setLocalState({ name: 'bob' })
    bob.signal(Uint8Array.of(1))
    await world.rest()
    expect(ann.state).toMatchObject({ kind: 'live', saved: true })
    expect(onDisk(world.server)).toBe('ab')
    const reported = new Set(world.environment.reported.map((error) => (error as Error).message))
    expect(reported).toEqual(new Set(['state', 'signal', 'presence', 'document']))
  })
})
