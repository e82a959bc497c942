import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FairGate } from './fair-gate.ts'

/** Runs works of these groups, which all ask at once; gives the order in which they began. */
const orderOf = async (
  groups: readonly (string | null)[],
  atOnce: number,
): Promise<readonly { readonly group: string | null; readonly i: number }[]> => {
  const gate = new FairGate(atOnce)
  const order: { readonly group: string | null; readonly i: number }[] = []
  let running = 0
  await Promise.all(
    groups.map((group, i) =>
      gate.run(group, async () => {
        expect(++running).toBeLessThanOrEqual(atOnce)
        order.push({ group, i })
        await Promise.resolve()
        running--
      }),
    ),
  )
  return order
}

const someGroups = fc.array(fc.constantFrom('a', 'b', 'c', null), { maxLength: 40 })

it('runs all of them, those of a group in their order', async () => {
  await fc.assert(
    fc.asyncProperty(someGroups, fc.integer({ min: 1, max: 3 }), async (groups, atOnce) => {
      const order = await orderOf(groups, atOnce)
      expect(order.length).toBe(groups.length)
      for (const group of new Set(groups)) {
        const own = order.filter((one) => one.group === group).map(({ i }) => i)
        expect(own).toEqual(own.toSorted((a, b) => a - b))
      }
    }),
  )
})

it('holds up nobody for more than one work of each other group, however many of these wait', async () => {
  await fc.assert(
    fc.asyncProperty(someGroups, async (others) => {
      // the first has its turn at once; of each that waits by then, one may go before
      const order = await orderOf([...others, 'late'], 1)
      const before = order.slice(
        0,
        order.findIndex(({ group }) => group === 'late'),
      )
      for (const group of new Set(others.slice(1)))
        expect(before.filter((one) => one.group === group && one.i > 0).length).toBe(1)
    }),
  )
})

it('goes on behind a work that fails', async () => {
  const gate = new FairGate(1)
  const failing = gate.run('a', () => Promise.reject(new Error('no')))
  const next = gate.run('a', () => Promise.resolve('yes'))
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('yes')
})
