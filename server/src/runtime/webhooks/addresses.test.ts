import fc from 'fast-check'
import type { LookupAddress } from 'node:dns'
import { expect, it } from 'vitest'
import { addressRule, isPublicAddress, PrivateAddressError, type Resolve } from './addresses.ts'
import { startTarget } from './testing/target.ts'
import { allTold, eventsOf, eventually, tellerOf } from './testing/told-by.ts'

it.each([
  '0.0.0.0',
  '10.255.255.255',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.168.1.1',
  '198.19.0.1',
  '224.0.0.1',
  '239.255.255.255',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::7f00:1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  'fc00::1',
  'fdff::1',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '',
  'localhost',
  '8.8.8',
])('%s is no address to be told', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

it.each(['8.8.8.8', '1.1.1.1', '100.128.0.1', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])(
  '%s is',
  (address) => {
    expect(isPublicAddress(address)).toBe(true)
  },
)

it('an IPv4 address in an IPv6 one is never told, whatever it is', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      expect(isPublicAddress(`::ffff:${address}`)).toBe(false)
      expect(isPublicAddress(`::${address}`)).toBe(false)
    }),
  )
})

/** Says one list of addresses after the other, the last one again and again. */
const answering = (...answers: LookupAddress[][]) => {
  let calls = 0
  const ask: Resolve = (_, _options, done) => {
    const answer = answers[Math.min(calls++, answers.length - 1)] ?? []
    setImmediate(() => done(null, answer))
  }
  return {
    ask,
    get calls() {
      return calls
    },
  }
}
let resolve: ReturnType<typeof answering>

const v4 = (address: string): LookupAddress => ({ address, family: 4 })

const looked = (rule = addressRule('public', resolve.ask)): Promise<unknown> =>
  new Promise((done) => {
    rule.lookup('rebinding.example', { all: true }, (error, addresses) => done(error ?? addresses))
  })

it('a name is asked once for a connection, and what was looked at is what is connected to', async () => {
  resolve = answering([v4('8.8.8.8'), { address: '2606:4700::1111', family: 6 }], [v4('127.0.0.1')])
  expect(await looked()).toEqual([v4('8.8.8.8'), { address: '2606:4700::1111', family: 6 }])
  expect(resolve.calls).toBe(1)
  expect(await looked()).toBeInstanceOf(PrivateAddressError)
})

it('a name with one private address among others is refused', async () => {
  resolve = answering([v4('8.8.8.8'), v4('169.254.169.254')])
  expect(await looked()).toBeInstanceOf(PrivateAddressError)
  resolve = answering([])
  expect(await looked()).toMatchObject({ message: 'rebinding.example has no address' })
})

it('an attempt connects to what its name was looked at for, and asks once', async () => {
  const target = await startTarget()
  const url = target.url.replace('127.0.0.1', 'rebinding.example')
  resolve = answering([v4('127.0.0.1')])
  const open = await tellerOf([url], { addresses: addressRule('all', resolve.ask) })
  await open.tell('notes')
  await allTold(open)
  expect([target.connections, resolve.calls]).toEqual([1, 1])
  const addresses = addressRule('public', resolve.ask)
  const guarded = await tellerOf([url], { addresses, maxAttempts: 2 })
  await guarded.tell('notes')
  await eventually(() => expect(eventsOf(guarded, 'webhook-failed')).toHaveLength(1))
  await eventually(async () => {
    await guarded.pass(10_000)
    expect(eventsOf(guarded, 'webhook-dead')).toHaveLength(1)
  })
  expect([target.connections, resolve.calls]).toEqual([1, 3])
})
