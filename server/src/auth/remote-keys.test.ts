import { createSecretKey } from 'node:crypto'
import { SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import type { QuireEvent } from '../ports/observe.ts'
import { createManualClock } from '../runtime/testing/manual-clock.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { createJwtAuth } from './jwt.ts'
import { RemoteKeys, type RemoteKeysOptions } from './remote-keys.ts'
import { pairOf, signedBy, startKeyServer } from './testing/key-server.ts'
import type { TokenKeys } from './token.ts'

const document = nameOf('team/notes')
const SECRET = 'a secret of more than thirty-two bytes'
const secret = createSecretKey(SECRET, 'utf8')
const first = pairOf('first')
const second = pairOf('second')
const later = {
  kind: 'tryAgainLater',
  message: 'the key that the token is signed with cannot be had right now',
}
const unknown = {
  kind: 'unauthorized',
  message: 'the token is signed with a key that the JWKS does not have',
}

const authOf = (url: string, keys: TokenKeys = {}, options: Partial<RemoteKeysOptions> = {}) => {
  const clock = createManualClock()
  const events: QuireEvent[] = []
  const observe = { event: (event: QuireEvent) => void events.push(event) }
  const remote = new RemoteKeys({ url, clock, observe, ...options })
  const auth = createJwtAuth({ remote, ...keys })
  const problemOf = async (token: string) => {
    const grant = await auth.authorize({ document, token })
    return grant.ok ? null : grant.error
  }
  return { auth, clock, events, problemOf }
}

describe('a token that a key of the JWKS has signed', () => {
  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'] as const)('with %s is taken', async (alg) => {
    const pair = pairOf('a', alg)
    const server = await startKeyServer([pair.jwk])
    const { auth } = authOf(server.url)
    const claims = { sub: 'ann', name: 'Ann', jti: 'j-1', iat: 1_700_000_000 }
    expect(await auth.authorize({ document, token: await signedBy(pair, claims) })).toEqual({
      ok: true,
      value: {
        access: 'write',
        user: 'ann',
        name: 'Ann',
        tokenId: 'j-1',
        issuedAt: 1_700_000_000_000,
        isApplication: false,
        expiresAt: null,
      },
    })
  })

  it('is not taken for another one’s, whatever its kid says', async () => {
    const server = await startKeyServer([first.jwk, second.jwk])
    const { problemOf } = authOf(server.url)
    expect(await problemOf(await signedBy({ ...first, kid: 'second' }))).toEqual({
      kind: 'unauthorized',
      message: 'the token is not signed with the key that it names',
    })
  })

  it('needs no kid where one key fits, and one where several do', async () => {
    const { alg, privateKey } = first
    const server = await startKeyServer([first.jwk, pairOf('b', 'RS256').jwk])
    const { problemOf, clock } = authOf(server.url)
    const token = await signedBy({ alg, privateKey })
    expect(await problemOf(token)).toBeNull()
    server.tell([first.jwk, second.jwk])
    clock.advance(600_000)
    expect(await problemOf(token)).toMatchObject({
      message: 'the token has no kid, and the JWKS has several keys that fit',
    })
  })

  it('is asked for with one request, however many come with it at once', async () => {
    const server = await startKeyServer([first.jwk])
    const { problemOf } = authOf(server.url)
    const token = await signedBy(first)
    const problems = await Promise.all(Array.from({ length: 20 }, () => problemOf(token)))
    expect(new Set(problems)).toEqual(new Set([null]))
    expect(server.asked).toBe(1)
  })
})

describe('when keys change', () => {
  it('a new one is known at the next reading, which nobody can bring about more often than every ten seconds', async () => {
    const server = await startKeyServer([first.jwk])
    const { problemOf, clock } = authOf(server.url)
    expect(await problemOf(await signedBy(first))).toBeNull()
    server.tell([first.jwk, second.jwk])
    const token = await signedBy(second)
    for (let i = 0; i < 20; i++) expect(await problemOf(token)).toEqual(later)
    expect(server.asked).toBe(1)
    clock.advance(10_000)
    expect(await problemOf(token)).toBeNull()
    expect(await problemOf(await signedBy(first))).toBeNull()
    expect(server.asked).toBe(2)
  })

  it('one that the address does not have is told so, once it was asked', async () => {
    const server = await startKeyServer([first.jwk])
    const { problemOf, clock } = authOf(server.url)
    expect(await problemOf(await signedBy(second))).toEqual(unknown)
    clock.advance(10_000)
    expect(await problemOf(await signedBy(second))).toEqual(unknown)
    expect(server.asked).toBe(2)
  })

  it('one that was taken away is good for ten minutes more, and not longer', async () => {
    const server = await startKeyServer([first.jwk])
    const { problemOf, clock } = authOf(server.url)
    const token = await signedBy(first)
    expect(await problemOf(token)).toBeNull()
    server.tell([second.jwk])
    clock.advance(599_999)
    expect(await problemOf(token)).toBeNull()
    clock.advance(1)
    expect(await problemOf(token)).toEqual(unknown)
  })
})

describe('while keys cannot be read', () => {
  it.each<[string, string, Parameters<Awaited<ReturnType<typeof startKeyServer>>['answer']>[0]]>([
    ['fails', 'answered 500, not 200', (_, to) => void to.writeHead(500).end()],
    [
      'leads elsewhere',
      'answered 302, not 200',
      (_, to) => void to.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(),
    ],
    ['answers no JSON', 'answered no JSON', (_, to) => void to.end('<html>')],
    ['answers null', 'answered no JWKS: its keys are not a list', (_, to) => void to.end('null')],
    [
      'answers no list',
      'answered no JWKS: its keys are not a list',
      (_, to) => void to.end('{"keys":7}'),
    ],
    [
      'answers without end',
      'answered more than 262144 bytes',
      (_, to) => {
        const more = (): void =>
          void (to.destroyed || to.write('x'.repeat(65_536), () => setImmediate(more)))
        more()
      },
    ],
    ['answers no keys', 'answered no public key', (_, to) => void to.end('{"keys":[]}')],
    [
      'answers no key that can be used',
      'answered no public key',
      (_, to) => void to.end('{"keys":[{"kty":"RSA"},{"kty":"oct","k":"aA"},null,{"kty":7}]}'),
    ],
    ['does not answer', 'did not answer within 300 ms', () => undefined],
    ['stops in the middle', 'did not answer within 300 ms', (_, to) => void to.write('{"keys":[')],
    ['hangs up', 'could not be asked: other side closed', (from) => void from.socket.destroy()],
  ])('because the address %s, logins are to come back', async (_, problem, answer) => {
    const server = await startKeyServer()
    server.answer(answer)
    const { problemOf, clock, events } = authOf(server.url, {}, { deadlineMs: 300 })
    const token = await signedBy(first)
    expect(await problemOf(token)).toEqual(later)
    expect(events).toEqual([{ kind: 'keys-failed', problem: `${server.url} ${problem}` }])
    expect(await problemOf(token)).toEqual(later)
    expect(server.asked).toBe(1)
    server.tell([first.jwk])
    clock.advance(10_000)
    expect(await problemOf(token)).toBeNull()
    expect(events.slice(1)).toEqual([{ kind: 'keys-recovered' }])
  })

  it('at the start, nobody is there: logins are to come back, and those with the secret are let in', async () => {
    const { problemOf, events } = authOf('http://127.0.0.1:1/keys?key=hush', { secret })
    expect(await problemOf(await signedBy(first))).toEqual(later)
    expect(events).toHaveLength(1)
    expect(JSON.stringify(events)).not.toContain('hush')
    const token = await signedBy({ alg: 'HS256', privateKey: secret })
    expect(await problemOf(token)).toBeNull()
  })

  it('those that are known go on being good, however long that takes', async () => {
    const server = await startKeyServer([first.jwk])
    const { problemOf, clock, events } = authOf(server.url)
    const token = await signedBy(first)
    expect(await problemOf(token)).toBeNull()
    server.answer((_, to) => void to.writeHead(503).end())
    for (let hour = 0; hour < 5; hour++) {
      clock.advance(3_600_000)
      for (let i = 0; i < 3; i++) expect(await problemOf(token)).toBeNull()
    }
    expect(await problemOf(await signedBy(second))).toEqual(later)
    expect(events).toHaveLength(5)
    server.tell([])
    clock.advance(3_600_000)
    expect(await problemOf(token)).toBeNull()
    expect(events[5]).toEqual({
      kind: 'keys-failed',
      problem: `${server.url} answered no public key`,
    })
  })
})

describe('keys are not confused:', () => {
  const PEM = first.publicKey.export({ type: 'spki', format: 'pem' }).toString()

  it('a public key is no secret', async () => {
    const server = await startKeyServer([first.jwk])
    for (const keys of [{}, { secret }]) {
      const { problemOf } = authOf(server.url, keys)
      for (const text of [PEM, JSON.stringify(first.jwk), first.jwk.x ?? '']) {
        const forged = await new SignJWT({ docs: [{ name: '*', access: 'write' }] })
          .setProtectedHeader({ alg: 'HS256', kid: 'first' })
          .sign(new TextEncoder().encode(text.padEnd(32)))
        expect(await problemOf(forged)).toMatchObject({ kind: 'unauthorized' })
      }
    }
  })

  it('a secret in the JWKS is none, nor is a private key there one', async () => {
    const oct = { ...createSecretKey(Buffer.alloc(32)).export({ format: 'jwk' }), kid: 'first' }
    const told = { ...first.privateKey.export({ format: 'jwk' }), kid: 'first', alg: 'ES256' }
    const server = await startKeyServer([oct, told, null, 7, 'x', {}, second.jwk])
    const { problemOf } = authOf(server.url)
    const zeros = createSecretKey(Buffer.alloc(32))
    expect(
      await problemOf(await signedBy({ alg: 'HS256', kid: 'first', privateKey: zeros })),
    ).toMatchObject({ message: expect.stringMatching(/^the token is not signed with RS256, /) })
    expect(await problemOf(await signedBy(first))).toEqual(unknown)
  })

  it('a key serves its own algorithm and no other', async () => {
    const pair = pairOf('a', 'RS256')
    const server = await startKeyServer([pair.jwk])
    const { problemOf } = authOf(server.url)
    expect(await problemOf(await signedBy({ ...pair, alg: 'PS256' }))).toEqual(unknown)
  })

  it('nothing unsigned is taken, and no key that a token brings itself', async () => {
    const server = await startKeyServer([first.jwk])
    const { problemOf } = authOf(server.url)
    const docs = [{ name: '*', access: 'write' }]
    expect(await problemOf(new UnsecuredJWT({ docs }).encode())).toMatchObject({
      kind: 'unauthorized',
      message: expect.stringMatching(/^the token is not signed with /),
    })
    const own = await new SignJWT({ docs })
      .setProtectedHeader({
        alg: 'ES256',
        jwk: second.jwk,
        jku: 'http://127.0.0.1:1/',
        kid: 'first',
      })
      .sign(second.privateKey)
    expect(await problemOf(own)).toMatchObject({ kind: 'unauthorized' })
  })

  it('a token of 100 KB is refused before any key is asked for', async () => {
    const server = await startKeyServer([first.jwk])
    const { problemOf } = authOf(server.url)
    const token = await signedBy(first, { more: 'x'.repeat(75_000) })
    expect(token.length).toBeGreaterThan(100_000)
    expect(await problemOf(token)).toEqual({
      kind: 'unauthorized',
      message: `the token is ${token.length} bytes, limit 8192`,
    })
    expect(server.asked).toBe(0)
  })
})

describe('tokens that the server makes', () => {
  const part = { access: 'read', user: 'ann', expiresAt: null } as const

  it('need a secret, also where others’ are signed with keys', async () => {
    const server = await startKeyServer([first.jwk])
    const { auth } = authOf(server.url)
    expect(await auth.issue({ document, token: await signedBy(first) }, part)).toEqual({
      ok: false,
      error: {
        kind: 'forbidden',
        message:
          'this server makes no tokens: QUIRE_JWT_SECRET is not set, which it would sign them with',
      },
    })
  })

  it('are signed with the secret where there are both, and hold', async () => {
    const server = await startKeyServer([first.jwk])
    const { auth } = authOf(server.url, { secret, issuer: 'me', audience: 'quire' })
    const token = await signedBy(first, { iss: 'me', aud: ['quire', 'other'], jti: 'app-1' })
    const made = await auth.issue({ document, token }, part)
    const grant = await auth.authorize({ document, token: made.ok ? made.value : null })
    expect(grant).toMatchObject({
      ok: true,
      value: { access: 'read', user: 'ann', tokenId: 'app-1', isApplication: false },
    })
  })
})
