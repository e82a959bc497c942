import { expect, test } from 'vitest'
import type { DeliveryOutcome, OutboxPlan } from '../../ports/outbox.ts'
import type { Storage } from '../../ports/storage.ts'
import { bothLives, type MakeStorage, nameOf, openId, storageForTest, unwrap } from './fixture.ts'
import { after, dueAt, fullPlan, late, settle, toldBy, write } from './outbox-fixture.ts'

const allLetters = { after: 0, limit: 100 }

/** Writes events that differ by their data. */
const tell = async (storage: Storage, ...numbers: number[]): Promise<void> => {
  const document = nameOf('notes')
  const kind = 'session.joined'
  for (const session of numbers)
    unwrap(
      await storage.putNotices([
        { kind, document, at: after(session), data: { document, session } },
      ]),
    )
}

const recorded = async (storage: Storage, ...outcomes: DeliveryOutcome[]): Promise<void> =>
  unwrap(await storage.recordDeliveries(outcomes))

const sessionsDue = async (storage: Storage, endpoint = 'a', now = late): Promise<number[]> =>
  (await dueAt(storage, endpoint, now)).map(({ data }) => JSON.parse(data).session)

const opened = async (make: MakeStorage, plan: Partial<OutboxPlan> = {}) => {
  const underTest = await storageForTest(make)
  unwrap(await underTest.storage.openOutbox({ ...fullPlan, ...plan }))
  return underTest
}

/** ST28 to ST30. */
export const deliveryRules = (make: MakeStorage): void => {
  test('[ST28] a delivery is due from its event on, the oldest first, and gone once it was made', async () => {
    const { storage } = await opened(make)
    await tell(storage, 1, 2, 3)
    expect(await sessionsDue(storage, 'a', after(2))).toEqual([1, 2])
    const [first, second] = await dueAt(storage)
    const limited = await storage.dueDeliveries({ endpoint: 'a', now: late, limit: 1 })
    expect(unwrap(limited)).toEqual([first])
    await recorded(storage, { delivery: first?.delivery ?? 0, kind: 'delivered' })
    await recorded(
      storage,
      { delivery: first?.delivery ?? 0, kind: 'delivered' }, // it is gone
      { delivery: second?.delivery ?? 0, kind: 'delivered' },
    )
    expect(await sessionsDue(storage)).toEqual([3])
    expect(await sessionsDue(storage, 'b')).toEqual([1, 2, 3])
    expect(unwrap(await storage.outboxFigures())).toEqual([
      { key: 'a', host: 'a.example', waiting: 1, oldestAt: after(3), dead: 0 },
      { key: 'b', host: 'b.example:8443', waiting: 3, oldestAt: after(1), dead: 0 },
    ])
  })

  test('[ST28] what failed is due again when it was said, behind what is due before', async () => {
    const { storage, reopen } = await opened(make)
    await tell(storage, 1, 2)
    const [first] = await dueAt(storage)
    const { delivery = 0, id } = first ?? {}
    await recorded(storage, { delivery, kind: 'retry', at: after(9), problem: 'status 500' })
    expect(await sessionsDue(storage, 'a', after(8))).toEqual([2])
    const again = await reopen()
    unwrap(await again.openOutbox(fullPlan))
    expect(await sessionsDue(again, 'a', after(9))).toEqual([2, 1])
    expect((await dueAt(again))[1]).toMatchObject({ id, delivery, attempts: 1 })
  })

  test('[ST28] a clock that was set back by more than a day delays nothing', async () => {
    const { storage } = await opened(make)
    const day = 24 * 3_600_000
    await tell(storage, 3 * day, day, 2 * day)
    expect(await sessionsDue(storage, 'a', after(0))).toEqual([2 * day, 3 * day])
    expect(await sessionsDue(storage, 'a', after(day))).toEqual([day, 3 * day])
    const question = { endpoint: 'a', now: after(day), limit: 1 }
    expect(unwrap(await storage.dueDeliveries(question))).toHaveLength(1)
  })

  test('[ST28] what waits for an endpoint that the next plan has not is dropped and counted', async () => {
    const { storage, reopen } = await opened(make)
    await tell(storage, 1, 2, 3)
    const [first] = await dueAt(storage, 'b')
    const delivery = first?.delivery ?? 0
    await recorded(storage, { delivery, kind: 'dead', at: after(9), problem: 'gone' })
    const again = await reopen()
    const endpoints = fullPlan.endpoints.slice(0, 1)
    unwrap(await again.openOutbox({ ...fullPlan, endpoints }))
    expect((await settle(again)).dropped).toBe(2)
    expect((await settle(again)).dropped).toBe(0)
    expect(await sessionsDue(again)).toEqual([1, 2, 3])
    expect(await sessionsDue(again, 'b')).toEqual([])
    expect(unwrap(await again.outboxFigures())).toMatchObject([
      { key: 'a', waiting: 3, dead: 0 },
      { key: 'b', waiting: 0, oldestAt: null, dead: 1 },
    ])
    // there is nobody to deliver it to; it can be dropped, and the endpoint is forgotten
    expect(unwrap(await again.replayDeadLetters(null, after(10)))).toBe(0)
    expect(unwrap(await again.dropDeadLetter(delivery))).toBe(true)
    expect(unwrap(await again.outboxFigures())).toMatchObject([{ key: 'a' }])
  })

  test('[ST29] a dead letter stays until it is replayed or dropped', async () => {
    const { storage, reopen } = await opened(make)
    await tell(storage, 1, 2, 3)
    const due = await dueAt(storage)
    await recorded(
      storage,
      ...due.map(({ delivery }, i) => ({
        delivery,
        kind: 'dead' as const,
        at: after(10 + i),
        problem: `status 50${i}`,
      })),
    )
    expect(await dueAt(storage)).toEqual([])
    const [one, two, three] = due.map(({ delivery }) => delivery) as [number, number, number]
    for await (const each of bothLives(storage, reopen)) {
      const letters = unwrap(await each.deadLetters(allLetters))
      expect(letters).toEqual(
        due.map(({ id, kind, document, at, delivery }, i) => ({
          id,
          kind,
          document,
          at,
          delivery,
          attempts: 1,
          host: 'a.example',
          diedAt: after(10 + i),
          problem: `status 50${i}`,
        })),
      )
      expect(unwrap(await each.deadLetters({ after: one, limit: 1 }))).toEqual([letters[1]])
    }
    const again = await reopen()
    unwrap(await again.openOutbox(fullPlan))
    expect(unwrap(await again.dropDeadLetter(one))).toBe(true)
    expect(unwrap(await again.dropDeadLetter(one))).toBe(false)
    expect(unwrap(await again.replayDeadLetters(one, after(20)))).toBe(0)
    expect(unwrap(await again.replayDeadLetters(two, after(20)))).toBe(1)
    expect(unwrap(await again.dropDeadLetter(two))).toBe(false) // it is not dead any more
    expect(await dueAt(again, 'a', after(19))).toEqual([])
    expect(await dueAt(again, 'a', after(20))).toMatchObject([
      { delivery: two, attempts: 0, id: due[1]?.id },
    ])
    expect(unwrap(await again.replayDeadLetters(null, after(21)))).toBe(1)
    expect((await dueAt(again)).map(({ delivery }) => delivery)).toEqual([two, three])
    expect(unwrap(await again.deadLetters(allLetters))).toEqual([])
    expect(unwrap(await again.outboxFigures())).toMatchObject([{ waiting: 2, dead: 0 }, {}])
  })

  test('[ST29] beyond their bound the oldest dead letters go', async () => {
    const { storage } = await opened(make, { deadLetters: 2 })
    await tell(storage, 1, 2, 3, 4)
    const due = await dueAt(storage)
    for (const { delivery } of due)
      await recorded(storage, { delivery, kind: 'dead', at: after(9), problem: 'x' })
    const letters = unwrap(await storage.deadLetters(allLetters))
    expect(letters.map(({ id }) => id)).toEqual(due.slice(2).map(({ id }) => id))
    expect((await settle(storage)).dropped).toBe(2)
  })

  test('[ST30] beyond its bound an endpoint gets no more, and others do', async () => {
    const { storage } = await opened(make, { backlog: 2 })
    await tell(storage, 1, 2)
    for (const { delivery } of await dueAt(storage, 'b'))
      await recorded(storage, { delivery, kind: 'delivered' })
    await tell(storage, 3)
    expect(await sessionsDue(storage)).toEqual([1, 2])
    expect(await sessionsDue(storage, 'b')).toEqual([3])
    expect((await settle(storage)).dropped).toBe(1)
    // what has gone makes place again, dead letters do not count
    const [first] = await dueAt(storage)
    const delivery = first?.delivery ?? 0
    await recorded(storage, { delivery, kind: 'dead', at: after(9), problem: 'x' })
    await tell(storage, 4, 5)
    expect(await sessionsDue(storage)).toEqual([2, 4])
    expect(await sessionsDue(storage, 'b')).toEqual([3, 4])
    expect((await settle(storage)).dropped).toBe(2)
  })

  test('[ST30] a change takes the place of those of its document, and names their users too', async () => {
    const { storage } = await opened(make, { backlog: 3 })
    const plan = { ...fullPlan, backlog: 3, kinds: ['document.changed'] } as const
    const [doc, other] = [await openId(storage), await openId(storage, 'other')]
    for (const endpoint of ['a', 'b'])
      for (const { delivery } of await dueAt(storage, endpoint))
        await recorded(storage, { delivery, kind: 'delivered' })
    unwrap(await storage.openOutbox(plan))
    let dropped = 0
    const change = async (of: typeof doc, user: string) => {
      await write(storage, of, after(0), [user])
      const settled = await settle(storage)
      expect(settled.documents).toBe(1)
      dropped += settled.dropped
    }
    await change(doc, 'ann')
    await change(other, 'eve')
    await change(doc, 'bob')
    expect((await dueAt(storage)).map(toldBy)).toMatchObject([
      { document: 'notes', sequence: 1 },
      { document: 'other', sequence: 1 },
      { document: 'notes', sequence: 2 },
    ])
    await change(doc, 'cyd')
    for (const endpoint of ['a', 'b'])
      expect((await dueAt(storage, endpoint)).map(toldBy)).toMatchObject([
        { document: 'other', sequence: 1, authors: ['eve'] },
        { document: 'notes', sequence: 3, authors: ['ann', 'bob', 'cyd'] },
      ])
    expect(dropped + (await settle(storage)).dropped).toBe(0)
    const third = await openId(storage, 'third')
    await change(third, 'ann')
    await change(await openId(storage, 'fourth'), 'ann')
    expect(dropped + (await settle(storage)).dropped).toBe(2) // one at each endpoint
    expect((await dueAt(storage)).map(({ document }) => document)).toEqual([
      'other',
      'notes',
      'third',
    ])
  })
}
