import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Places } from './places.ts'

describe('places', () => {
  it('are taken up to the total, and again when one is given back', () => {
    const places = new Places({ total: 2, perGroup: 2 })
    const first = places.take('a')
    expect([first.ok, places.take('b').ok, places.isFull]).toEqual([true, true, true])
    expect(places.take('c')).toEqual({ ok: false, error: { kind: 'total', limit: 2 } })
    if (first.ok) first.value()
    expect([places.isFull, places.take('c').ok]).toEqual([false, true])
  })

  it('are taken up to the limit of a group, which is no other group’s', () => {
    const places = new Places({ total: 10, perGroup: 2 })
    expect([places.take('a').ok, places.take('a').ok]).toEqual([true, true])
    expect(places.take('a')).toEqual({ ok: false, error: { kind: 'group', limit: 2 } })
    expect(places.take('b').ok).toBe(true)
    for (let i = 0; i < 7; i++) expect(places.take(null).ok).toBe(true)
    expect(places.take(null)).toEqual({ ok: false, error: { kind: 'total', limit: 10 } })
  })

  it('are given back exactly, however often and in whatever order', () => {
    const group = fc.constantFrom('a', 'b', 'c', null)
    const doing = fc.oneof(fc.record({ take: group }), fc.record({ give: fc.nat({ max: 20 }) }))
    fc.assert(
      fc.property(fc.array(doing), (all) => {
        const places = new Places({ total: 5, perGroup: 3 })
        const undos: (() => void)[] = []
        const held = new Map<() => void, string | null>()
        const give = (at: number): void => {
          const undo = undos[at]
          if (undo === undefined) return
          undo()
          held.delete(undo)
        }
        const take = (of: string | null): void => {
          const own = [...held.values()].filter((its) => its === of).length
          const place = places.take(of)
          expect(place.ok).toBe(held.size < 5 && (of === null || own < 3))
          if (!place.ok) return
          undos.push(place.value)
          held.set(place.value, of)
        }
        for (const one of all) {
          if ('give' in one) give(one.give)
          else take(one.take)
          expect(places.taken).toBe(held.size)
        }
        for (const undo of undos) undo()
        expect([places.taken, places.groups]).toEqual([0, 0])
      }),
    )
  })
})
