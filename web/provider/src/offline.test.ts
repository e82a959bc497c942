import type { Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { Doc } from 'yjs'
import type { Provider } from './provider.ts'
import { createWorld } from './testing/test-clients.ts'
import { TestDevice } from './testing/test-device.ts'

const textOf = ({ doc }: Provider): string => doc.getText('text').toJSON()
const write = ({ doc }: Provider, text: string): void => doc.getText('text').insert(0, text)

/** A world whose network can be down, and a device. */
const scene = () => {
  const world = createWorld()
  const device = new TestDevice()
  const { store: offline } = device
  const connected = world.server.connected.bind(world.server)
  const settle = async (): Promise<void> => {
    await world.network.settle()
    device.write()
    await world.network.settle()
  }
  return {
    ...world,
    device,
    offline,
    settle,
    goDown: () => {
      world.server.connected = (line) => line.finish()
      world.network.cutAll()
    },
    comeBack: async () => {
      world.server.connected = connected
      world.environment.wake()
      await world.pass(31_000)
      await world.rest()
      device.write()
    },
  }
}

describe('with a store on this device', () => {
  it('a document opens without network, with what was seen of it and what was changed', async () => {
    const { open, offline, settle, goDown, rest } = scene()
    const bob = open()
    const ann = open({ offline })
    expect(ann.state.local).toBe('opening')
    await rest()
    write(bob, 'seen ')
    await rest()
    write(ann, 'saved ')
    await rest()
    goDown()
    write(ann, 'unsaved ')
    await settle()
    ann.close()
    await settle()
    const again = open({ offline })
    expect(textOf(again)).toBe('')
    await settle()
    expect(again.state).toMatchObject({ local: 'open', saved: false, unsaved: { changes: 1 } })
    expect(['connecting', 'waiting']).toContain(again.state.kind)
    expect(textOf(again)).toBe('unsaved saved seen ')
  })

  it('what was changed offline in an earlier life is sent, and is unsaved on the device no more', async () => {
    const { open, offline, settle, goDown, comeBack, device, server } = scene()
    goDown()
    const ann = open({ offline })
    await settle()
    for (let i = 0; i < 250; i++) write(ann, `${i} `)
    await settle()
    ann.close()
    await settle()
    const again = open({ offline })
    await settle()
    expect(again.state.unsaved.changes).toBe(250)
    await comeBack()
    expect(again.state).toMatchObject({ kind: 'live', saved: true })
    expect(device.of('notes').unsaved).toEqual([])
    expect(server.document('notes').durable().getText('text').toJSON()).toBe(textOf(again))
  })

  it('the network waits for the device: what is there is not fetched', async () => {
    const { open, offline, settle, rest, server, network, device } = scene()
    const ann = open({ offline })
    write(ann, 'x'.repeat(10_000))
    await rest()
    device.write()
    ann.close()
    await settle()
    const before = server.heardOf.length
    const again = open({ offline })
    await network.settle()
    expect(again.state.kind).toBe('live')
    const asked = server.heardOf.slice(before).find(({ message }) => message.kind === 'ask')
    expect(asked?.message).toMatchObject({ stateVector: expect.anything() as unknown })
    expect(asked?.bytes).toBeGreaterThan(5)
    expect(textOf(again)).toHaveLength(10_000)
  })

  it('what is changed before the device has been read is kept, and unsaved until it is on the server', async () => {
    const { open, offline, settle, goDown, comeBack, device } = scene()
    goDown()
    const doc = new Doc()
    doc.getText('text').insert(0, 'before ')
    const ann = open({ offline, doc })
    write(ann, 'early ')
    await settle()
    write(ann, 'late ')
    await settle()
    expect(device.of('notes').unsaved).toHaveLength(3)
    expect(ann.state.unsaved.changes).toBe(3)
    await comeBack()
    expect(ann.state.saved).toBe(true)
    expect(device.of('notes').unsaved).toEqual([])
  })

  it('tabs see one another without network, and each sends its own', async () => {
    const { open, offline, settle, goDown, comeBack, device, server } = scene()
    goDown()
    const [ann, bob] = [open({ offline }), open({ offline })]
    await settle()
    write(ann, 'ann ')
    await settle()
    write(bob, 'bob ')
    await settle()
    expect([textOf(ann), textOf(bob)]).toEqual(['bob ann ', 'bob ann '])
    expect([ann, bob].map(({ state }) => state.unsaved.changes)).toEqual([1, 1])
    await comeBack()
    expect([ann, bob].map(({ state }) => state.saved)).toEqual([true, true])
    expect(device.of('notes').unsaved).toEqual([])
    expect(server.document('notes').durable().getText('text').toJSON()).toBe('bob ann ')
  })

  it('a tab that is gone leaves what it has not sent to another one', async () => {
    const { open, offline, settle, goDown, comeBack, server } = scene()
    goDown()
    const [ann, bob] = [open({ offline }), open({ offline })]
    await settle()
    write(ann, 'ann ')
    await settle()
    ann.close()
    await settle()
    expect(bob.state).toMatchObject({ saved: false, unsaved: { changes: 1 } })
    await comeBack()
    expect(bob.state.saved).toBe(true)
    expect(server.document('notes').durable().getText('text').toJSON()).toBe('ann ')
  })

  it('[P24] what is kept of a document that was replaced meanwhile is merged with nothing', async () => {
    const { open, offline, settle, goDown, comeBack, device, server, rest } = scene()
    const ann = open({ offline })
    await rest()
    write(ann, 'old ')
    await rest()
    device.write()
    goDown()
    write(ann, 'offline ')
    ann.close()
    await settle()
    server.document('notes').replace()
    const again = open({ offline })
    await settle()
    expect(textOf(again)).toBe('offline old ')
    await comeBack()
    expect(again.state).toMatchObject({ kind: 'replaced', saved: false })
    expect(server.document('notes').log).toEqual([])

    const copy = open({ offline, document: 'notes (copy)', doc: again.doc })
    await rest()
    expect(copy.state).toMatchObject({ kind: 'live', saved: true })
    expect(await again.discard()).toMatchObject({ ok: true })
    expect(again.state.kind).toBe('closed')
    const fresh = open({ offline })
    await rest()
    expect(fresh.state.kind).toBe('live')
    expect(textOf(fresh)).toBe('')
    expect(server.document('notes (copy)').durable().getText('text').toJSON()).toBe('offline old ')
  })

  it('[P24] also where the page died before it was told how far it is', async () => {
    const { open, offline, settle, goDown, comeBack, device, server, network } = scene()
    const bob = open()
    await network.settle()
    write(bob, 'old ')
    await network.settle()
    const ann = open({ offline })
    await settle()
    expect(textOf(ann)).toBe('old ')
    expect(device.of('notes').position).toEqual({ epoch: 7, seq: 0 })
    const [tab] = device.openers
    if (tab !== undefined) device.crash(tab)
    goDown()
    server.document('notes').replace()
    const again = open({ offline })
    await comeBack()
    expect(again.state.kind).toBe('replaced')
  })

  it('where there is no store, or it fails, it says so and goes on', async () => {
    const { open, offline, device, rest, server } = scene()
    device.fail({ kind: 'unavailable', message: 'a private window' })
    const ann = open({ offline })
    write(ann, 'a')
    await rest()
    expect(ann.state).toMatchObject({
      kind: 'live',
      saved: true,
      local: 'open',
      storeProblem: { kind: 'unavailable' },
    })
    const bob = open({
      offline: {
        ...offline,
        open: () => {
          throw new Error('no such thing')
        },
      },
    })
    await rest()
    expect(bob.state).toMatchObject({
      kind: 'live',
      storeProblem: { kind: 'io', message: 'the store threw: no such thing' },
    })
    expect(server.document('notes').durable().getText('text').toJSON()).toBe('a')
  })

  it('where the store opens later, what is there comes in, and what is here is kept', async () => {
    const { open, offline, device, rest, settle, goDown, comeBack, pass, server } = scene()
    goDown()
    const earlier = open({ offline })
    write(earlier, 'earlier ')
    await settle()
    earlier.close()
    await settle()
    device.fail({ kind: 'unavailable', message: 'another tab holds it' })
    await comeBack()
    const ann = open({ offline })
    const bob = open()
    write(ann, 'ann ')
    await rest()
    write(bob, 'bob ')
    await rest()
    expect(ann.state).toMatchObject({ kind: 'live', storeProblem: { kind: 'unavailable' } })
    goDown()
    write(ann, 'offline ')
    device.fail(null)
    await pass(61_000)
    await settle()
    expect(ann.state).toMatchObject({ storeProblem: null, unsaved: { changes: 2 } })
    expect(textOf(ann).split(' ').toSorted()).toEqual(['', 'ann', 'bob', 'earlier', 'offline'])
    ann.close()
    await settle()
    const again = open({ offline })
    await settle()
    expect([textOf(again), again.state.unsaved.changes]).toEqual([textOf(ann), 2])
    await comeBack()
    expect(again.state).toMatchObject({ kind: 'live', saved: true })
    expect(device.of('notes').unsaved).toEqual([])
    expect(server.document('notes').durable().getText('text').toJSON()).toBe(textOf(ann))
  })

  it('[P24] a store that opens later, with another document of this name, is left as it is', async () => {
    const { open, offline, device, rest, settle, server, pass } = scene()
    const before = open({ offline })
    write(before, 'old ')
    await rest()
    before.close()
    await settle()
    const { updates } = device.of('notes')
    server.document('notes').replace()
    device.fail({ kind: 'io', message: 'not now' })
    const ann = open({ offline })
    await rest()
    expect(ann.state.kind).toBe('live')
    device.fail(null)
    await pass(61_000)
    write(ann, 'new ')
    await settle()
    expect(textOf(ann)).toBe('new ')
    expect(ann.state).toMatchObject({ kind: 'live', storeProblem: { kind: 'broken' } })
    expect(device.of('notes').updates).toEqual(updates)
    expect(device.openers.size).toBe(0)
  })

  it('what another tab has forgotten is kept again, once the server knows the document', async () => {
    const { open, offline, device, rest, settle, goDown, comeBack } = scene()
    const ann = open({ offline })
    write(ann, 'saved ')
    await rest()
    goDown()
    write(ann, 'unsaved ')
    await settle()
    device.forget()
    await settle()
    expect(ann.state.storeProblem).toMatchObject({ kind: 'cleared' })
    await settle()
    expect(device.stored.size).toBe(0)
    await comeBack()
    await settle()
    expect(ann.state).toMatchObject({ kind: 'live', saved: true, storeProblem: null })
    ann.close()
    await settle()
    goDown()
    const again = open({ offline })
    await settle()
    expect(textOf(again)).toBe('unsaved saved ')
    expect(again.state.unsaved.changes).toBe(0)
    expect(device.of('notes').position?.epoch).toBe(7)
  })

  it('[P24] what another tab has told of a document is merged with no other one', async () => {
    const { open, offline, device, rest, server } = scene()
    const bob = open({ offline, page: 'b' })
    bob.pause() // before he has heard of which document he has
    const ann = open({ offline, page: 'a' })
    await rest()
    write(ann, 'old ')
    device.write()
    await rest()
    expect(textOf(bob)).toBe('old ')
    server.document('notes').replace()
    const eve = open()
    write(eve, 'new ')
    await rest()
    bob.resume()
    await rest()
    expect(bob.state.kind).toBe('replaced')
    expect([textOf(bob), textOf(eve)]).toEqual(['old ', 'new '])
  })

  it('a key of an earlier opening does not make something else saved', async () => {
    const { open, offline, device, network, server, settle, goDown, rest } = scene()
    const ann = open({ offline })
    await rest()
    write(ann, 'a ')
    await network.settle() // sent, and not on the server's disk
    device.forget()
    await settle()
    expect(ann.state).toMatchObject({ kind: 'live', storeProblem: null })
    goDown()
    write(ann, 'b ')
    server.commit()
    await settle()
    expect(device.of('notes').unsaved.length).toBeGreaterThan(0)
    ann.close()
    await settle()
    const again = open({ offline })
    await settle()
    expect(again.state.saved).toBe(false)
    expect(textOf(again)).toBe('b a ')
  })

  it('a document that is closed before its store opens stays as it is', async () => {
    const { open, offline, settle, rest } = scene()
    const before = open({ offline })
    write(before, 'of notes ')
    await rest()
    before.close()
    await settle()
    const doc = new Doc()
    open({ offline, doc }).close()
    await settle()
    expect(doc.getText('text').toJSON()).toBe('')
  })

  it('what was closed can be discarded, and what is changed meanwhile begins nothing', async () => {
    const { open, offline, device, settle, rest } = scene()
    const ann = open({ offline })
    write(ann, 'a ')
    await rest()
    device.write()
    ann.close()
    await settle()
    expect(device.stored.size).toBe(1)
    expect(await ann.discard()).toEqual({ ok: true })
    expect(device.stored.size).toBe(0)
    const bob = open({ offline })
    await rest()
    const discarding = bob.discard()
    write(bob, 'meanwhile ')
    expect(await discarding).toEqual({ ok: true })
    await settle()
    expect(device.stored.size).toBe(0)
  })

  it('[P24] what another tab has forgotten is not kept again under what is another document now', async () => {
    const { open, offline, device, rest, settle, server, pass } = scene()
    const ann = open({ offline })
    write(ann, 'old ')
    await rest()
    device.write()
    const [session] = server.document('notes').sessions
    server.document('notes').replace() // and she has not heard of it
    expect([session === undefined, ann.state.kind]).toEqual([false, 'live'])
    device.forget()
    await settle()
    await pass(61_000)
    await settle()
    expect(ann.state.kind).toBe('replaced')
    expect(device.stored.size).toBe(0)
  })

  it('the network does not wait for ever for a store that hangs, and takes in what comes late', async () => {
    const { open, offline, settle, rest, pass } = scene()
    const before = open({ offline })
    write(before, 'kept ')
    await rest()
    before.close()
    await settle()
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const hanging = {
      ...offline,
      open: async (...asked: Parameters<typeof offline.open>) => {
        await promise
        return offline.open(...asked)
      },
    }
    const ann = open({ offline: hanging })
    await rest()
    expect(ann.state).toMatchObject({ kind: 'connecting', local: 'opening' })
    await pass(10_000)
    expect(ann.state).toMatchObject({ kind: 'live', storeProblem: { kind: 'io' } })
    write(ann, 'new ')
    resolve(undefined)
    await settle()
    await rest()
    expect(ann.state).toMatchObject({ saved: true, storeProblem: null, unsaved: { unkept: 0 } })
    expect(textOf(ann).split(' ').toSorted()).toEqual(['', 'kept', 'new'])
  })

  it('what was only overheard is offered when it comes back, whatever position it was told since', async () => {
    const { open, offline, device, settle, rest, server, network } = scene()
    const [ann, bob] = [open({ offline, page: 'a' }), open({ offline, page: 'b' })]
    await rest()
    ann.pause()
    write(ann, 'ann ')
    device.write()
    expect(textOf(bob)).toBe('ann ')
    const eve = open()
    await network.settle()
    write(eve, 'eve ')
    await rest() // he is told a position
    device.stored.clear() // what ann has not sent is nowhere any more
    for (const one of device.openers) one.given = []
    bob.pause()
    bob.resume()
    await settle()
    await rest()
    expect(server.document('notes').durable().getText('text').toJSON()).toContain('ann ')
  })

  it('one that is closed opens its store no more', async () => {
    const { open, offline, device, rest, pass } = scene()
    device.fail({ kind: 'io', message: 'not now' })
    const ann = open({ offline })
    await rest()
    ann.close()
    device.fail(null)
    await pass(120_000)
    expect(device.openers.size).toBe(0)
  })

  it('says how many changes are neither on the server nor on this device', async () => {
    const { open, offline, device, settle, goDown, network, comeBack } = scene()
    goDown()
    const ann = open({ offline })
    write(ann, 'early ')
    expect(ann.state.unsaved).toMatchObject({ changes: 1, unkept: 1 })
    await settle()
    expect(ann.state.unsaved).toMatchObject({ changes: 1, unkept: 0 })
    write(ann, 'b ')
    write(ann, 'c ')
    await network.settle()
    expect(ann.state.unsaved).toMatchObject({ changes: 3, unkept: 2 })
    device.write()
    expect(ann.state.unsaved).toMatchObject({ changes: 3, unkept: 0 })
    device.forget()
    write(ann, 'd ')
    await settle()
    expect(ann.state).toMatchObject({ storeProblem: { kind: 'cleared' }, unsaved: { changes: 4 } })
    expect(ann.state.unsaved.unkept).toBe(4)
    await comeBack()
    expect(ann.state.unsaved).toMatchObject({ changes: 0, unkept: 0 })
    const bob = open()
    goDown()
    write(bob, 'nowhere ')
    expect(bob.state.unsaved).toMatchObject({ changes: 1, unkept: 1 })
  })

  it('problems come and go', async () => {
    const { open, offline, device, rest } = scene()
    const ann = open({ offline })
    await rest()
    const [tab] = device.openers
    tab?.listener.problem({ kind: 'quota', message: 'the disk is full' })
    expect(ann.state.storeProblem).toEqual({ kind: 'quota', message: 'the disk is full' })
    tab?.listener.problem(null)
    expect(ann.state.storeProblem).toBeNull()
  })

  it('what the device has lost half of is fetched', async () => {
    const { open, offline, device, rest } = scene()
    const bob = open()
    write(bob, 'whole')
    await rest()
    const half = Uint8Array.of(1, 2, 3) as Update
    device.of('notes').updates.push(half)
    const owner = undefined as never
    device.of('notes').unsaved.push({ key: 1, update: half, at: 0, owner })
    const ann = open({ offline })
    await rest()
    expect(textOf(ann)).toBe('whole')
    expect(ann.state).toMatchObject({ kind: 'live', saved: true, storeProblem: { kind: 'broken' } })
  })

  it('one that is closed before the device was read keeps what was changed', async () => {
    const { open, offline, settle, goDown, device } = scene()
    goDown()
    const ann = open({ offline })
    write(ann, 'early ')
    ann.close()
    await settle()
    expect(device.openers.size).toBe(0)
    expect(device.of('notes').unsaved).toHaveLength(1)
  })
})
