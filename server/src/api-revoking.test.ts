/*
 * [R16] A revocation acts on open sessions of every family and transport as soon as it is stored: before it is answered,
 * and before anything is read that a session says after that.
 */
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import type { Storage } from './ports/storage.ts'
import { memoryStorage } from './embedded/storage.ts'
import { withWeather } from './storage/testing/weather.ts'
import { startApi, tokenFor, type Said } from './testing/api-server.ts'
import { openRawSession, rawWays, type RawWay } from './testing/raw-sessions.ts'

const eventually = (holds: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(holds, { timeout: 20_000, interval: 5 })

/** What is written to the server's own record of a revocation, in its order. */
type Step = 'stored' | 'closed' | 'answered'

/** A server, a session of ann's at its document, and what happens to her. */
const start = async (way: RawWay, access: NonNullable<Said['access']>) => {
  const order: Step[] = []
  const weather = withWeather(memoryStorage())
  const storage: Storage = {
    ...weather.storage,
    revoke: async (revocation) => {
      const stored = await weather.storage.revoke(revocation)
      order.push('stored')
      return stored
    },
  }
  const { client, quire, url } = await startApi({
    storage,
    told: ({ kind }) => {
      if (kind === 'session-closed') order.push('closed')
    },
  })
  const api = await client()
  await api.create('notes')
  const notes = api.document('notes')
  const ann = await openRawSession(way, { url, token: await tokenFor({ sub: 'ann', access }) })
  return {
    url,
    order,
    notes,
    ann,
    connections: () => quire.document('notes').connections(),
    text: async () => (await notes.read('text', { field: 'text' })).content,
    /** Revokes, while `say` is called in each turn with how much has been recorded. */
    revoke: async (left: 'none' | 'read' | 'comment', say: (recorded: number) => void) => {
      weather.hold('revoke')
      const revoking = api
        .revoke({ user: 'ann', document: 'notes', access: left })
        .then(() => order.push('answered'))
      await weather.called('revoke', 1)
      const saysOn = async (isEnough: () => boolean) => {
        while (!isEnough()) {
          say(order.length)
          await setImmediate()
        }
      }
      let turns = 0
      await saysOn(() => ++turns > 3)
      weather.release('revoke')
      await saysOn(() => order.includes('answered'))
      await revoking
      say(order.length)
    },
  }
}

/** Says numbered words, and knows which of them were said after the first step was recorded. */
const counting = (type: (word: string) => void) => {
  const late: string[] = []
  let count = 0
  return {
    late,
    say: (recorded: number): void => {
      const word = `<${count++}>`
      if (recorded > 0) late.push(word)
      type(word)
    },
  }
}

/** What a family says of what is left, undefined where it has no words for it. */
const wordFor = (way: RawWay, left: 'read' | 'comment'): string | undefined => {
  if (way === 'hocuspocus') return 'readonly'
  return way.startsWith('quire') ? left : undefined
}

describe.each(rawWays)('[R16] a session of %s', (way) => {
  it('is closed once its revocation is stored, and nothing that it says later is accepted', async () => {
    const { order, ann, connections, text, revoke, notes } = await start(way, 'write')
    ann.type('before')
    await eventually(async () => expect(await text()).toContain('before'))
    const { late, say } = counting(ann.type)
    await revoke('none', say)
    expect(order).toEqual(['stored', 'closed', 'answered'])
    expect(connections()).toEqual([])
    await ann.heardAll()
    expect(ann.isOver).toBe(true)
    await notes.append('text', 'after', { field: 'text' })
    const accepted = await text()
    expect(accepted).toContain('after')
    expect(accepted).toContain('<0>') // what she said while it was not stored
    expect(late.length).toBeGreaterThan(0)
    expect(late.filter((word) => accepted.includes(word))).toEqual([])
  })

  // only quire.v1 tells the two apart
  it.each(way.startsWith('quire') ? (['read', 'comment'] as const) : (['read'] as const))(
    'that may %s from then on goes on, and nothing that it says later is accepted',
    async (left) => {
      const { order, ann, connections, text, revoke, notes } = await start(way, 'write')
      const { late, say } = counting(ann.type)
      await revoke(left, say)
      expect(order).toEqual(['stored', 'answered'])
      expect(connections().map(({ access }) => access)).toEqual([left])
      await ann.heardAll()
      await notes.append('text', 'after', { field: 'text' })
      await eventually(() => expect(ann.text()).toContain('after'))
      expect(ann.isOver).toBe(false)
      const accepted = await text()
      expect(late.length).toBeGreaterThan(0)
      expect(late.filter((word) => accepted.includes(word))).toEqual([])
      // it is kept aside, in her name
      await eventually(async () => expect(await notes.patches()).toMatchObject([{ user: 'ann' }]))
      expect(ann.told.at(-1)).toBe(wordFor(way, left))
    },
  )
})

describe.each(rawWays.filter((way) => way.startsWith('quire')))(
  '[R16] a session of %s that may only comment',
  (way) => {
    /** Somebody else in the document, who hears who is here. */
    const withBob = async () => {
      const started = await start(way, 'comment')
      const token = await tokenFor({ sub: 'bob', access: 'read' })
      const bob = await openRawSession('quire.v1', { url: started.url, token })
      started.ann.appear(1)
      await eventually(() => expect([...bob.seen]).toEqual([1]))
      expect(started.ann.told.at(-1)).toBe('comment')
      return { ...started, bob }
    }

    it('is closed once its revocation is stored, and shows nobody anything later', async () => {
      const { order, ann, bob, connections, revoke, notes, text } = await withBob()
      let client = 100
      await revoke('none', (recorded) => ann.appear(recorded > 0 ? client++ : 1))
      expect(order).toEqual(['stored', 'closed', 'answered'])
      expect(connections().map(({ user }) => user)).toEqual(['bob'])
      await ann.heardAll()
      expect(ann.isOver).toBe(true)
      await notes.append('text', 'after', { field: 'text' })
      await eventually(() => expect(bob.text()).toContain('after'))
      expect(client).toBeGreaterThan(100)
      expect([...bob.seen]).toEqual([1])
      expect((await text()).trim()).toBe('after')
    })

    it('is told that it may only read, and goes on', async () => {
      const { order, ann, connections, revoke, notes, text } = await withBob()
      const { say } = counting(ann.type)
      await revoke('read', say)
      expect(order).toEqual(['stored', 'answered'])
      expect(connections().map(({ access }) => access)).toEqual(['read', 'read'])
      await eventually(() => expect(ann.told.at(-1)).toBe('read'))
      await ann.heardAll()
      expect(ann.isOver).toBe(false)
      await notes.append('text', 'after', { field: 'text' })
      await eventually(() => expect(ann.text()).toContain('after'))
      expect((await text()).trim()).toBe('after')
    })
  },
)
