import { describe, expect, it } from 'vitest'
import { judge, type Told } from './asker.ts'

const MADE_UP = '192.0.2.1'
const HERE = { address: '203.0.113.7', port: 5_000 }
const PROXY = { address: '10.0.0.2', port: 6_000 }

/** What a server tells that takes requests by their connection, and to which one came straight. */
const told = (more: Partial<Told> = {}): Told => ({
  address: HERE.address,
  peer: HERE,
  isProxied: false,
  forwardedFor: MADE_UP,
  ...more,
})

describe('the client’s address', () => {
  it.each<readonly [what: string, told: Told, state: string, sentence: RegExp]>([
    ['is its own without a proxy', told(), 'good', /there is no proxy/],
    [
      'is that of a router, or of a proxy that says nothing',
      told({ address: '172.17.0.1', peer: { address: '172.17.0.1', port: 5_000 } }),
      'unknown',
      /no proxy says whose it is/,
    ],
    [
      'is that of a proxy on this machine, which is not named and says nothing',
      told({ peer: { address: HERE.address, port: 6_000 } }),
      'change',
      /^set QUIRE_TRUSTED_PROXIES=203\.0\.113\.7, and have the proxy write/,
    ],
    [
      'is the proxy’s, which is not named',
      told({ address: PROXY.address, peer: PROXY, forwardedFor: HERE.address }),
      'change',
      /^set QUIRE_TRUSTED_PROXIES=10\.0\.0\.2$/,
    ],
    [
      'is the proxy’s, which is not named and appends',
      told({ address: PROXY.address, peer: PROXY, forwardedFor: `${MADE_UP}, ${HERE.address}` }),
      'change',
      /^set QUIRE_TRUSTED_PROXIES=10\.0\.0\.2$/,
    ],
    [
      'is the proxy’s, which takes the field away',
      told({ address: PROXY.address, peer: PROXY, forwardedFor: null }),
      'change',
      /^set QUIRE_TRUSTED_PROXIES=10\.0\.0\.2, and have the proxy write/,
    ],
    [
      'is known by the proxy that writes it anew',
      told({ peer: PROXY, isProxied: true, forwardedFor: HERE.address }),
      'good',
      /as the proxy 10\.0\.0\.2 says/,
    ],
    [
      'is known by the proxy that appends it with its port',
      told({ peer: PROXY, isProxied: true, forwardedFor: `${MADE_UP}, ${HERE.address}:5000` }),
      'good',
      /as the proxy 10\.0\.0\.2 says/,
    ],
    [
      'is what anybody says, as the proxy passes it on',
      told({ address: MADE_UP, peer: PROXY, isProxied: true }),
      'change',
      /passes the field on as it came/,
    ],
    [
      'is what anybody says, as too many are trusted',
      told({
        address: MADE_UP,
        peer: PROXY,
        isProxied: true,
        forwardedFor: `${MADE_UP}, 10.9.9.9`,
      }),
      'change',
      /10\.9\.9\.9 is trusted as well/,
    ],
    [
      'cannot be seen from a machine that is trusted',
      told({ address: MADE_UP, isProxied: true }),
      'unknown',
      /this machine, 203\.0\.113\.7, is one of QUIRE_TRUSTED_PROXIES/,
    ],
    [
      'cannot be seen from a machine that is trusted, through a proxy',
      told({
        address: MADE_UP,
        peer: PROXY,
        isProxied: true,
        forwardedFor: `${MADE_UP}, ${HERE.address}`,
      }),
      'unknown',
      /this machine, 203\.0\.113\.7, is one of QUIRE_TRUSTED_PROXIES/,
    ],
    [
      'is the proxy’s, which is named and does not say whose it is',
      told({ address: PROXY.address, peer: PROXY, isProxied: true, forwardedFor: null }),
      'change',
      /^have the proxy write/,
    ],
  ])('%s', (_what, answer, state, sentence) => {
    const check = judge(answer, HERE)
    expect(check.state).toBe(state)
    expect(check.change ?? check.says).toMatch(sentence)
  })
})
