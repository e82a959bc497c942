/*
 * Whose connection this is, for limits that count by address.
 *
 * Behind a proxy every connection comes from the proxy; X-Forwarded-For says from whom, one address per
 * hop, the nearest last. Only what a trusted proxy wrote counts: the list is read from the right, and
 * the first address that is no trusted proxy's is the client's. What stands left of it, the client may
 * have written itself.
 *
 * One who has an IPv6 address mostly has 2^64 of them (RFC 6177), so the first 64 bits count as one.
 * Loopback counts as nobody: it is the operator's own machine, or a proxy there that was not named, and
 * to hold all of its clients to the limit of one would shut them out. The totals hold it.
 */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

/** A client as limits see it. */
export interface ClientAddress {
  /** An IP, '' where there is none. */
  readonly address: string
  /** What counts together; null where nothing is counted by address. */
  readonly group: string | null
}

/** Reads addresses as a server with these trusted proxies does. */
export interface AddressReader {
  /** The peer of a connection; a trusted proxy itself counts as nobody. */
  ofConnection(remoteAddress: string | undefined): ClientAddress
  /** The client of a request, behind whatever trusted proxies. `forwarded` are the fields' values. */
  ofRequest(
    remoteAddress: string | undefined,
    forwarded: readonly string[] | undefined,
  ): ClientAddress
  isTrusted(address: string): boolean
}

/** Creates a reader; `trustedProxies` are addresses or CIDRs, checked by the options table. */
export const addressReader = (trustedProxies: readonly string[]): AddressReader => {
  const trusted = blockListOf(trustedProxies)
  const isTrusted = (address: string): boolean =>
    isIP(address) !== 0 && trusted.check(address, familyOf(address))

  const clientOf = (address: string): ClientAddress => ({
    address,
    group: isTrusted(address) ? null : groupOf(address),
  })

  return {
    isTrusted,
    ofConnection: (remoteAddress) => clientOf(plain(remoteAddress ?? '')),
    ofRequest: (remoteAddress, forwarded = []) => {
      let address = plain(remoteAddress ?? '')
      if (!isTrusted(address)) return clientOf(address)
      const hops = forwarded.join(',').split(',')
      for (const hop of hops.toReversed()) {
        const next = plain(withoutPort(hop.trim()))
        if (isIP(next) === 0) break // not what a proxy writes: whoever is known so far
        address = next
        if (!isTrusted(address)) break
      }
      return clientOf(address)
    },
  }
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6')

const blockListOf = (networks: readonly string[]): BlockList => {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = familyOf(address)
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

const loopback = blockListOf(['127.0.0.0/8', '::1'])

/** Without a zone, and IPv4 as such where a socket for both families maps it into IPv6 (RFC 4291 §2.5.5.2). */
const plain = (address: string): string => {
  const [own = ''] = address.split('%')
  const mapped = /^::ffff:([\d.]+)$/i.exec(own)?.[1]
  return mapped !== undefined && isIPv4(mapped) ? mapped : own
}

/** Some proxies write the port, too: `192.0.2.1:80`, `[2001:db8::1]:80`. */
const withoutPort = (hop: string): string =>
  /^\[([^\]]+)\](:\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop

const groupOf = (address: string): string | null => {
  if (isIP(address) === 0 || loopback.check(address, familyOf(address))) return null
  return isIPv6(address) ? prefixOf(address) : address
}

/** The first 64 bits, as four groups. */
const prefixOf = (address: string): string => {
  const spelled = new URL(`http://[${address}]/`).hostname.slice(1, -1) // lower case, shortest, no dots
  const [head = '', tail] = spelled.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return `${[...before, ...(tail === undefined ? [] : zeros), ...after].slice(0, 4).join(':')}::/64`
}
