import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT, type JWK } from 'jose'
import { onTestFinished } from 'vitest'

/** A pair of keys as an issuer of tokens has them. */
export interface Pair {
  readonly kid: string
  readonly alg: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** What the JWKS tells of it. */
  readonly jwk: JWK
}

const made = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
} as const

/** Makes a pair of keys. */
export const pairOf = (kid: string, alg: keyof typeof made = 'ES256'): Pair => {
  const { privateKey, publicKey } = made[alg]()
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } as JWK // RFC 7517
  return { kid, alg, privateKey, publicKey, jwk }
}

/** A token that such a key has signed; `write` for everything, unless `claims` say another thing. */
export const signedBy = (
  { kid, alg, privateKey }: Pick<Pair, 'alg' | 'privateKey'> & { readonly kid?: string },
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> =>
  new SignJWT({ docs: [{ name: '*', access: 'write' }], ...claims })
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .sign(privateKey)

/** An address that tells keys. */
export interface KeyServer {
  readonly url: string
  /** Requests so far. */
  readonly asked: number
  /** What it tells from here on. */
  tell(keys: readonly unknown[]): void
  /** How it answers from here on. */
  answer(listener: RequestListener): void
}

/** Listens on this machine until the test is over. */
export const startKeyServer = async (keys: readonly unknown[] = []): Promise<KeyServer> => {
  const telling =
    (told: readonly unknown[]): RequestListener =>
    (_, response) =>
      void response.end(JSON.stringify({ keys: told }))
  let listener = telling(keys)
  let asked = 0
  const server = createServer((request, response) => {
    asked++
    listener(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // listening on TCP
  return {
    url: `http://127.0.0.1:${port}/keys`,
    get asked() {
      return asked
    },
    tell: (told) => void (listener = telling(told)),
    answer: (given) => void (listener = given),
  }
}
