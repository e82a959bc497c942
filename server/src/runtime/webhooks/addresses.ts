/*
 * Which addresses may be told. A target is a name that somebody else may have chosen, and what it leads to may be
 * something that only this machine reaches: itself, its network, a cloud's metadata. So each address that a name resolves
 * to is looked at, and the connection is made to what was looked at: a name that says something else a moment later
 * (DNS rebinding) is not asked again.
 */
import { lookup as lookUp, type LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** Special-purpose addresses (IANA registry, RFC 6890), and multicast (RFC 5771). */
const REFUSED_V4 = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // carriers' NAT
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, and metadata of clouds
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocols
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
] as const

/** Of IPv6 only global unicast is taken (RFC 4291 §2.4), without what leads to an IPv4 address or nowhere. */
const GLOBAL_V6 = ['2000::', 3] as const
const REFUSED_V6 = [
  ['2001::', 23], // protocols, Teredo
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4: an IPv4 address
  ['3fff::', 20], // documentation
] as const

const refusedV4 = new BlockList()
for (const [net, prefix] of REFUSED_V4) refusedV4.addSubnet(net, prefix, 'ipv4')
const globalV6 = new BlockList()
globalV6.addSubnet(...GLOBAL_V6, 'ipv6')
const refusedV6 = new BlockList()
for (const [net, prefix] of REFUSED_V6) refusedV6.addSubnet(net, prefix, 'ipv6')

/** True for an address of the public internet. False for what is no address. */
export const isPublicAddress = (address: string): boolean => {
  const family = isIP(address)
  if (family === 4) return !refusedV4.check(address, 'ipv4')
  if (family === 6) return globalV6.check(address, 'ipv6') && !refusedV6.check(address, 'ipv6')
  return false
}

/** What names are resolved with, as `dns.lookup` does it. */
export type Resolve = (
  hostname: string,
  options: { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** Says that a target is on an address that is not told. Its message names no address: it is what a stranger may ask for. */
export class PrivateAddressError extends Error {
  constructor() {
    super('the target is on a private address, which is not told (QUIRE_WEBHOOK_ALLOW_PRIVATE)')
  }
}

const asLookup =
  (resolve: Resolve, refuses: (address: string) => boolean): LookupFunction =>
  (hostname, { all = false }, callback) => {
    resolve(hostname, { all: true }, (error, addresses) => {
      const [first] = addresses ?? []
      const problem =
        error ?? (first === undefined ? new Error(`${hostname} has no address`) : null)
      if (problem !== null || first === undefined) return callback(problem, '', 0)
      if (addresses.some(({ address }) => refuses(address)))
        return callback(new PrivateAddressError(), '', 0)
      if (all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }

/** What connects to targets: every address, or only public ones. */
export interface AddressRule {
  /** False for a host that is an address, and not one that may be told. */
  allows(host: string): boolean
  readonly lookup: LookupFunction
}

/** Makes the rule. `resolve`: the system's, where it is absent. */
export const addressRule = (
  which: 'public' | 'all',
  resolve: Resolve = (hostname, options, done) => lookUp(hostname, options, done),
): AddressRule => {
  const refuses = (address: string): boolean => which === 'public' && !isPublicAddress(address)
  return {
    // a URL's own spelling: an IPv6 address stands in brackets, an IPv4 one is dotted whatever was written
    allows: (host) => {
      const address = host.replaceAll(/^\[|\]$/g, '')
      return isIP(address) === 0 || !refuses(address)
    },
    lookup: asLookup(resolve, refuses),
  }
}
