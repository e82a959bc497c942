/*
 * Whether the server counts each client by its own address. It is asked as whom it takes this request, which brings an
 * address of its own making in X-Forwarded-For. Of the answer, and of the end of the connection that is here:
 *
 *   the field arrived     the peer is      the address is    so
 *   as it was sent        this end         the peer's        no proxy, and none is believed
 *   as it was sent        another here     the peer's        a proxy is not named, and says nothing
 *   as it was sent        somewhere else   the peer's        not to be told: a router, or a proxy that says nothing
 *   other                 not trusted      the peer's        a proxy is not named: all of its clients are one
 *   any                   trusted          the made-up one   everybody is whom he says
 *   ends otherwise        trusted          the peer's        the proxy does not say whose requests they are
 *   ends otherwise        trusted          another           as it should be
 */
import { once } from 'node:events'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { type Check, good, toChange, unknown } from './check.ts'

const NAME = 'client address'
const ANSWER_MS = 10_000
/** An address of documentation, which nobody has (RFC 5737 §3). */
const MADE_UP = '192.0.2.1'

const answerForm = z.object({
  asker: z.object({
    address: z.string(),
    peer: z.object({ address: z.string(), port: z.int().nullable() }),
    isProxied: z.boolean(),
    forwardedFor: z.string().nullable(),
  }),
})

/** As whom a server has taken a request. */
export type Told = z.infer<typeof answerForm>['asker']

/** The end of the connection that is here. */
export interface Here {
  readonly address: string
  readonly port: number
}

const APPENDS =
  'have the proxy write the client’s address into X-Forwarded-For ($remote_addr of nginx; Caddy does by itself)'

/** What to make of the answer to a request with the made-up address. */
export const judge = (told: Told, here: Here): Check => {
  const { address, peer, isProxied, forwardedFor } = told
  const isDirect = peer.port === here.port && peer.address === here.address
  const as = `the server takes this client for ${address}`
  if (address === MADE_UP) return isDirect ? ofTrusted(here) : spoofed(told, here)
  // of the same machine, and another end: the field has passed a proxy that is there
  const isBehind = peer.address === here.address && peer.port !== null && !isDirect
  if (!isProxied && forwardedFor === MADE_UP && !isBehind)
    return isDirect
      ? good(NAME, `${as}, its own, and believes nothing that it says of itself; there is no proxy`)
      : unknown(
          NAME,
          `${as}, where the connection comes from, and no proxy says whose it is: if that is no address of this machine, or of its router, ${APPENDS}, and set QUIRE_TRUSTED_PROXIES=${peer.address}`,
        )
  const says = forwardedFor === MADE_UP ? null : lastOf(forwardedFor)
  if (!isProxied)
    return toChange(
      NAME,
      `${as}, which is the proxy’s, and all of its clients for one: it does not know the proxy`,
      `set QUIRE_TRUSTED_PROXIES=${peer.address}${says === null ? `, and ${APPENDS}` : ''}`,
    )
  if (says === null)
    return toChange(NAME, `${as}, as the proxy ${peer.address} does not say whose it is`, APPENDS)
  return good(NAME, `${as}, as the proxy ${peer.address} says, and not for what it says of itself`)
}

/** A machine that is named as a proxy itself is believed, and shows nothing. */
const ofTrusted = ({ address }: Here): Check =>
  unknown(
    NAME,
    `this machine, ${address}, is one of QUIRE_TRUSTED_PROXIES and is believed: look by the address that clients use`,
  )

const spoofed = ({ peer, forwardedFor }: Told, here: Here): Check => {
  const [, ...behind] = hopsOf(forwardedFor)
  // the proxy has told who this is, and whoever is there is trusted
  if (behind.length > 0 && behind.includes(here.address)) return ofTrusted(here)
  const says = `the server takes a client for whom it says, here ${MADE_UP}, which nobody has: limits by address hold nobody`
  return behind.length === 0
    ? toChange(NAME, says, `the proxy ${peer.address} passes the field on as it came: ${APPENDS}`)
    : toChange(
        NAME,
        says,
        `QUIRE_TRUSTED_PROXIES has more than the proxies: ${behind.join(', ')} is trusted as well`,
      )
}

const hopsOf = (forwardedFor: string | null): readonly string[] =>
  (forwardedFor ?? '').split(',').map((hop) => hop.trim())

/** The last address of the field, as its writer wrote it; null where there is none that a proxy would write. */
const lastOf = (forwardedFor: string | null): string | null => {
  const last = hopsOf(forwardedFor).at(-1) ?? ''
  const bare = last.replace(/^\[(.+)\](:\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1')
  return isIP(bare) === 0 ? null : bare
}

/** Asks a server at its `/api/v1/operations` as whom it takes who asks; `token`: of who may see its operations. */
export const askerCheck = async (url: URL, token: string | null): Promise<Check> => {
  if (token !== null && !/^[\x21-\x7e]+$/.test(token))
    return unknown(
      NAME,
      'is not asked for: QUIRE_TOKEN is no token, as it has spaces or line breaks in it',
    )
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const asked = request(url, {
    agent: false,
    signal: AbortSignal.timeout(ANSWER_MS),
    headers: {
      'X-Forwarded-For': MADE_UP,
      ...(token !== null && { Authorization: `Bearer ${token}` }),
    },
  })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage] // node:http
  const { localAddress = '', localPort = 0 } = answer.socket
  const here = { address: localAddress.replace(/^::ffff:/i, ''), port: localPort }
  const body = await text(answer)
  if (answer.statusCode === 401 || answer.statusCode === 403)
    return unknown(
      NAME,
      'is shown with a token in QUIRE_TOKEN that may see the operations: quire token --operations read',
    )
  const read = answerForm.safeParse(parsed(body))
  return read.success
    ? judge(read.data.asker, here)
    : unknown(NAME, `is not told: /api/v1/operations answers ${answer.statusCode}`)
}

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
