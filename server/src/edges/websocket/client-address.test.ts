import { describe, expect, it } from 'vitest'
import { addressReader } from './client-address.ts'

const reader = addressReader(['10.0.0.0/8', '2001:db8:ffff::/48', '192.0.2.99'])

describe('a connection', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::6', '2001:DB8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::1', '2001:db8:0:0::/64'],
    ['1::2:3:4:5:6:7', '1::2:3:4:5:6:7', '1:0:2:3::/64'],
    ['fe80::1%eth0', 'fe80::1', 'fe80:0:0:0::/64'],
  ])('from %s counts as %s of %s', (remote, address, group) => {
    expect(reader.ofConnection(remote)).toEqual({ address, group })
  })

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '', undefined])(
    'from %s counts as nobody’s: it is this machine, or gone',
    (remote) => expect(reader.ofConnection(remote).group).toBeNull(),
  )

  it.each(['10.1.2.3', '::ffff:10.1.2.3', '2001:db8:ffff::7', '192.0.2.99'])(
    'from the trusted proxy %s counts as nobody’s',
    (remote) => expect(reader.ofConnection(remote).group).toBeNull(),
  )
})

describe('a request', () => {
  const from = (remote: string, ...forwarded: readonly string[]): string =>
    reader.ofRequest(remote, forwarded).address

  it('that does not come from a trusted proxy is its connection’s, whatever it says', () => {
    expect(from('192.0.2.1', '198.51.100.7')).toBe('192.0.2.1')
    expect(from('127.0.0.1', '198.51.100.7')).toBe('127.0.0.1')
  })

  it('of a trusted proxy is of the last address that it did not write for another one', () => {
    expect(from('10.0.0.1', '198.51.100.7')).toBe('198.51.100.7')
    expect(from('10.0.0.1', '198.51.100.7, 10.0.0.2')).toBe('198.51.100.7')
    expect(from('10.0.0.1', '198.51.100.7', '10.0.0.3, 10.0.0.2')).toBe('198.51.100.7')
    expect(reader.ofRequest('10.0.0.1', ['2001:db8:1:2::9']).group).toBe('2001:db8:1:2::/64')
  })

  it('cannot choose its address by writing one in front', () => {
    expect(from('10.0.0.1', '203.0.113.5, 198.51.100.7')).toBe('198.51.100.7')
    expect(from('10.0.0.1', '203.0.113.5', '198.51.100.7')).toBe('198.51.100.7')
  })

  it('may be written with a port', () => {
    expect(from('10.0.0.1', '198.51.100.7:4711')).toBe('198.51.100.7')
    expect(from('10.0.0.1', '[2001:db8::7]:4711')).toBe('2001:db8::7')
    expect(from('10.0.0.1', '[2001:db8::7]')).toBe('2001:db8::7')
  })

  it.each(['', 'unknown', '_hidden', '1.2.3', '1.2.3.4.5', '<script>', '999.1.1.1'])(
    'behind a proxy that writes %j is nobody’s',
    (forwarded) => {
      expect(reader.ofRequest('10.0.0.1', [forwarded])).toEqual({
        address: '10.0.0.1',
        group: null,
      })
    },
  )

  it('with no address behind proxies only is nobody’s', () => {
    expect(reader.ofRequest('10.0.0.1', undefined)).toEqual({ address: '10.0.0.1', group: null })
    expect(reader.ofRequest('10.0.0.1', ['10.0.0.2']).group).toBeNull()
  })
})
