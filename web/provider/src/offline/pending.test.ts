import fc from 'fast-check'
import { seq, type Update } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { MAX_SHARED_BYTES, Pending, type Given } from './pending.ts'
import type { Position } from './store.ts'

const bytes = (...all: number[]): Update => Uint8Array.from(all) as Update // nothing looks inside
const at = (number: number, epoch = 1): Position => ({ epoch, seq: seq(number) })
const here = (key: number): Given => ({ kind: 'here', key, update: bytes(key), at: 0 })
const there = (byte: number): Given => ({ kind: 'there', update: bytes(byte) })
const moved = (number: number): Given => ({ kind: 'moved', position: at(number) })

const pendingWith = (...given: readonly Given[]): Pending => {
  const pending = new Pending()
  for (const one of given) pending.add(one)
  return pending
}

const flat = (updates: readonly Update[] | undefined): number[] =>
  (updates ?? []).flatMap((update) => Array.from(update))

describe('what waits to be kept', () => {
  it('is drafted in order, with what is unsaved of it', () => {
    const pending = pendingWith(here(1), there(50), here(2), moved(9), moved(7))
    pending.add({ kind: 'saved', keys: [1, 33] })
    const draft = pending.draft(true)
    expect(flat(draft?.updates)).toEqual([1, 50, 2])
    expect(draft?.unsaved.map(({ key }) => key)).toEqual([2])
    expect([draft?.saved, draft?.position]).toEqual([[33], at(9)])
    expect([pending.isKept(0), pending.isKept(1)]).toEqual([true, false])
    pending.settle()
    expect(pending.isKept(pending.serial)).toBe(true)
    expect(pending.draft(true)).toBe(null)
  })

  it('is own or shared; own things go without the shared ones, positions never before them', () => {
    const pending = pendingWith(there(50), here(1), moved(3))
    const own = pending.draft(false)
    expect([flat(own?.updates), own?.position]).toEqual([[1], null])
    pending.settle()
    const shared = pending.draft(true)
    expect([flat(shared?.updates), shared?.position]).toEqual([[50], at(3)])
  })

  it('[OS4] the epoch goes with the first own change, for a position of sequence 0 claims nothing', () => {
    const pending = pendingWith(there(50), moved(0), here(1), moved(3))
    const own = pending.draft(false)
    expect([flat(own?.updates), own?.position]).toEqual([[1], at(0)])
    pending.settle()
    const shared = pending.draft(true)
    expect([flat(shared?.updates), shared?.position]).toEqual([[50], at(3)])
    const covered = pendingWith(there(51), moved(0))
    covered.covered([], at(0))
    const rest = covered.draft(true)
    expect([flat(rest?.updates), rest?.position]).toEqual([[51], null]) // the other one has kept it
  })

  it('waits again if it could not be kept, in its old place', () => {
    const pending = pendingWith(here(1), there(50))
    pending.draft(false)
    pending.add(here(2))
    pending.restore()
    expect(flat(pending.draft(true)?.updates)).toEqual([1, 50, 2])
  })

  it('is told to others once while it cannot be kept', () => {
    const pending = pendingWith(here(1), there(50))
    pending.add({ kind: 'unkept', update: bytes(60) })
    expect(flat(pending.untold())).toEqual([1]) // the others know what they and the server have told
    pending.add(here(2))
    expect(flat(pending.untold())).toEqual([2])
    pending.tellAgain()
    expect(flat(pending.untold())).toEqual([1, 2])
  })

  it('[OS8] need not be kept if another has kept it', () => {
    const pending = pendingWith(there(50), here(1), moved(3), there(51), there(52), moved(5))
    const news = pending.covered([bytes(52), bytes(70), bytes(1)], at(4))
    expect(flat(news)).toEqual([70, 1]) // what was changed here is for this one to keep
    const draft = pending.draft(true)
    expect([flat(draft?.updates), draft?.position]).toEqual([[1, 51], at(5)])
  })

  it('[OS4] positions of another epoch cover nothing', () => {
    const pending = pendingWith(there(50), moved(3))
    pending.covered([], at(9, 2))
    expect(flat(pending.draft(true)?.updates)).toEqual([50])
  })

  it('[OS4] what another could not keep is covered by no position: the server may lack it', () => {
    const pending = new Pending()
    pending.add({ kind: 'unkept', update: bytes(60) })
    pending.add(moved(3))
    pending.covered([], at(3))
    expect(flat(pending.draft(true)?.updates)).toEqual([60])
    pending.restore()
    expect(pending.covered([bytes(60)], null)).toEqual([])
    expect(pending.draft(true)).toBe(null)
  })

  it('is not unsaved any more once it is saved, but is kept still', () => {
    const pending = pendingWith(here(1), here(2), { kind: 'saved', keys: [1] })
    expect([flat(pending.untold()), pending.sharedBytes]).toEqual([[2], 1])
    pending.draft(true)
    pending.add({ kind: 'saved', keys: [2, 33] })
    pending.restore()
    expect([flat(pending.untold()), pending.sharedBytes]).toEqual([[], 2])
    const draft = pending.draft(true)
    expect([flat(draft?.updates), draft?.unsaved, draft?.saved]).toEqual([[1, 2], [], [33]])
  })

  it('holds no more than two positions behind an update', () => {
    const pending = pendingWith(there(50))
    for (let i = 1; i <= 100; i++) pending.add(moved(i))
    pending.add(moved(7))
    pending.covered([], at(1)) // by the first of them
    const draft = pending.draft(true)
    expect([flat(draft?.updates), draft?.position]).toEqual([[], at(100)])
  })

  it('is forgotten up to a number', () => {
    const pending = pendingWith(here(1), there(50), moved(3))
    const { serial } = pending
    pending.add(here(2))
    pending.forget(serial)
    expect(pending.isKept(serial)).toBe(true)
    const draft = pending.draft(true)
    expect([flat(draft?.updates), draft?.position]).toEqual([[2], null])
  })

  it('[OS4] shared things are let go beyond a bound, and no position is kept then', () => {
    const large = new Uint8Array(MAX_SHARED_BYTES / 2) as Update // nothing looks inside
    const pending = pendingWith(here(1), moved(3))
    pending.add({ kind: 'there', update: large })
    pending.add({ kind: 'there', update: large })
    expect(pending.sharedBytes).toBe(MAX_SHARED_BYTES)
    pending.add(there(50))
    expect(pending.sharedBytes).toBe(0)
    pending.add(moved(4))
    pending.add(there(51))
    pending.add(moved(0)) // the epoch is no position: it is kept
    const draft = pending.draft(true)
    expect([flat(draft?.updates), draft?.position]).toEqual([[1, 51], at(0)])
    pending.settle()
    pending.forget(pending.serial) // cleared: whatever comes now is whole
    pending.add(moved(1))
    expect(pending.draft(true)?.position).toEqual(at(1))
  })

  it('[OS4] what another could not keep is bounded as well', () => {
    const large = new Uint8Array(MAX_SHARED_BYTES) as Update // nothing looks inside
    const pending = pendingWith(here(1), { kind: 'unkept', update: large }, there(50), moved(4))
    const draft = pending.draft(true)
    expect([flat(draft?.updates), draft?.position]).toEqual([[1], null])
  })

  it('[OS4] keeps no position without all that was given before it', () => {
    const given: fc.Arbitrary<readonly [string, number]> = fc.tuple(
      fc.constantFrom('here', 'there', 'unkept', 'moved', 'own', 'all', 'fail', 'cover'),
      fc.nat({ max: 250 }),
    )
    fc.assert(
      fc.property(fc.array(given, { maxLength: 60 }), (steps) => {
        const pending = new Pending()
        const before: { readonly position: number; readonly updates: readonly number[] }[] = []
        const all: number[] = []
        const kept = new Set<number>()
        let position = 0
        const write = (isAll: boolean, works: boolean): void => {
          const draft = pending.draft(isAll)
          if (draft === null) return
          if (!works) return pending.restore()
          pending.settle()
          for (const byte of flat(draft.updates)) kept.add(byte)
          // a position of sequence 0 claims nothing
          const claimed = draft.position?.seq ?? 0
          const covered = before.filter(({ position: one }) => one > 0 && one <= claimed)
          for (const { updates } of covered)
            expect(updates.filter((byte) => !kept.has(byte))).toEqual([])
        }
        for (const [kind, n] of steps) {
          const byte = all.length % 256
          if (kind === 'own') write(false, true)
          else if (kind === 'all') write(true, true)
          else if (kind === 'fail') write(n % 2 === 0, false)
          else if (kind === 'moved') {
            position += n
            before.push({ position, updates: [...all] })
            pending.add(moved(position))
          } else if (kind === 'cover') {
            const other = all[n % Math.max(1, all.length)]
            if (other === undefined) continue
            kept.add(other)
            pending.covered([bytes(other)], null)
          } else {
            all.push(byte)
            if (kind === 'here') pending.add(here(byte))
            if (kind === 'there') pending.add(there(byte))
            if (kind === 'unkept') pending.add({ kind: 'unkept', update: bytes(byte) })
          }
        }
      }),
    )
  })
})
