import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createManualClock } from './testing/manual-clock.ts'
import { settle } from './testing/server.ts'
import { Turns } from './turns.ts'

/** A clock whose turns are taken by hand. */
const createTurningClock = () => {
  const ends: (() => void)[] = []
  const clock = { ...createManualClock(), endOfTurn: (task: () => void) => void ends.push(task) }
  return {
    clock,
    isOver: () => ends.length === 0,
    turn: () => {
      for (const task of ends.splice(0)) task()
    },
  }
}

describe('turns', () => {
  it('write no more than they hold and the piece that reaches it, a piece of each in turn', () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 12 })
    fc.assert(
      fc.property(
        fc.array(fc.record({ pieces, at: fc.nat({ max: 4 }) }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 20 }),
        (writers, bytes) => {
          const { clock, turn, isOver } = createTurningClock()
          const turns = new Turns(clock, bytes)
          let written: number[] = []
          const order: number[] = []
          const start = ({ pieces: own }: (typeof writers)[number], who: number): void => {
            const left = [...own]
            turns.add(() => {
              const piece = left.shift() ?? 0
              if (piece > 0) {
                written.push(piece)
                order.push(who)
              }
              return piece
            })
          }
          for (let at = 0; at <= 4 || !isOver(); at++) {
            for (const [who, writer] of writers.entries()) if (writer.at === at) start(writer, who)
            expect(written).toEqual([]) // nothing is written before the end of the turn
            turn()
            const sum = written.reduce((all, piece) => all + piece, 0)
            expect(sum - (written.at(-1) ?? 0)).toBeLessThan(bytes)
            written = []
          }
          const all = writers.reduce((count, writer) => count + writer.pieces.length, 0)
          expect(order).toHaveLength(all)
        },
      ),
    )
  })

  it('serve one who comes late before the next round of those who have much', () => {
    const { clock, turn } = createTurningClock()
    const turns = new Turns(clock, 2)
    const order: string[] = []
    const writer = (name: string, pieces: number) => (): number => {
      if (pieces-- === 0) return 0
      order.push(name)
      return 1
    }
    turns.add(writer('ann', 4))
    turns.add(writer('ben', 4))
    turn()
    turns.add(writer('cyd', 1))
    for (let i = 0; i < 5; i++) turn()
    expect(order.join(' ')).toBe('ann ben ann ben cyd ann ben ann ben')
  })

  it('take none of the event loop when all is written', async () => {
    let calls = 0
    const turns = new Turns(createManualClock(), 10)
    const once = (): (() => number) => {
      let left = 1
      return () => {
        calls++
        return left-- > 0 ? 1 : 0
      }
    }
    turns.add(once())
    await settle()
    expect(calls).toBe(2)
    turns.add(once())
    await settle()
    expect(calls).toBe(4)
  })
})
