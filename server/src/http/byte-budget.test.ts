import { describe, expect, it } from 'vitest'
import type { NoPlace } from '../runtime/places.ts'
import { ByteBudget, sharedBytes } from './byte-budget.ts'

/** Takes bytes that must have room. */
const take = (budget: ByteBudget, bytes: number, group: string | null = null) => {
  const taken = budget.take(bytes, group)
  if (!taken.ok) throw new Error(`no room: ${taken.error.kind}`)
  return taken.value
}

const problemOf = (budget: ByteBudget, bytes: number, group: string | null): NoPlace | null => {
  const taken = budget.take(bytes, group)
  return taken.ok ? null : taken.error
}

describe('a byte budget', () => {
  it('has room for so many bytes of all, and again when they are given back', () => {
    const budget = new ByteBudget({ total: 10, perGroup: 10 })
    const undo = take(budget, 6)
    take(budget, 4, 'a')
    expect(problemOf(budget, 1, 'b')).toEqual({ kind: 'total', limit: 10 })
    undo()
    undo()
    expect(budget.held).toBe(4)
    take(budget, 6, 'b')
  })

  it('has room for so many bytes of one group, and leaves the rest to others', () => {
    const budget = new ByteBudget({ total: 10, perGroup: 4 })
    const undo = take(budget, 3, 'a')
    expect(problemOf(budget, 2, 'a')).toEqual({ kind: 'group', limit: 4 })
    take(budget, 1, 'a')
    take(budget, 4, 'b')
    undo()
    take(budget, 2, 'a')
  })

  it('has room for what is larger than it, alone', () => {
    const budget = new ByteBudget({ total: 10, perGroup: 4 })
    const undo = take(budget, 20, 'a')
    expect(problemOf(budget, 1, 'a')?.kind).toBe('group')
    expect(problemOf(budget, 1, 'b')?.kind).toBe('total')
    undo()
    take(budget, 1, 'a')
  })

  it('gives an address a quarter, but no less than the largest takes', () => {
    expect(sharedBytes(100, 10)).toEqual({ total: 100, perGroup: 25 })
    expect(sharedBytes(100, 60)).toEqual({ total: 100, perGroup: 60 })
  })
})
