import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { decodeJwt, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import { millis } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { nameOf } from '../storage/contract/fixture.ts'
import { createJwtAuth } from './jwt.ts'

const SECRET = 'a secret of more than thirty-two bytes'
const auth = createJwtAuth({ secret: createSecretKey(SECRET, 'utf8') })
const key = new TextEncoder().encode(SECRET)
const notes = nameOf('team/notes')
const docs = [{ name: 'team/*', access: 'write' }]

/** How far the clocks of two servers may be apart, milliseconds. */
const TOLERANCE_MS = 5_000

const token = (claims: Readonly<Record<string, unknown>>, expires = '1h'): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('ann')
    .setExpirationTime(expires)
    .sign(key)

const problemOf = async (given: string | null, document = notes) => {
  const grant = await auth.authorize({ document, token: given })
  return grant.ok ? null : grant.error
}

describe('a token', () => {
  it('grants what it says, to whom it says, until it says', async () => {
    const grant = await auth.authorize({ document: notes, token: await token({ docs }) })
    expect(grant).toMatchObject({ ok: true, value: { access: 'write', user: 'ann' } })
    const leftMs = (grant.ok ? (grant.value.expiresAt ?? 0) : 0) - Date.now()
    expect(leftMs).toBeGreaterThan(3_590_000)
    expect(leftMs).toBeLessThanOrEqual(3_600_000 + TOLERANCE_MS)
  })

  it('that has just expired grants for as long as it is accepted, and not until before now', async () => {
    const grant = await auth.authorize({ document: notes, token: await token({ docs }, '-2s') })
    const leftMs = (grant.ok ? (grant.value.expiresAt ?? 0) : 0) - Date.now()
    expect(leftMs).toBeGreaterThan(0)
    expect(leftMs).toBeLessThanOrEqual(TOLERANCE_MS - 1_000)
  })

  it.each([
    ['exactly', [{ name: 'team/notes', access: 'read' }], 'read'],
    ['by a prefix', [{ name: 'team/*', access: 'comment' }], 'comment'],
    ['like all', [{ name: '*', access: 'write' }], 'write'],
    [
      'several times, and the most counts',
      [
        { name: '*', access: 'read' },
        { name: 'team/notes', access: 'write' },
        { name: 'team/*', access: 'comment' },
      ],
      'write',
    ],
  ])('names a document %s', async (_, named, access) => {
    const grant = await auth.authorize({ document: notes, token: await token({ docs: named }) })
    expect(grant).toMatchObject({ ok: true, value: { access } })
  })

  it('that does not name the document is forbidden it, by name', async () => {
    for (const name of ['team/note', 'team/notes/more', 'Team/*', ' team/notes', '']) {
      const given = await token({ docs: [{ name, access: 'write' }] })
      expect(await problemOf(given)).toEqual({
        kind: 'forbidden',
        message: 'the token does not grant "team/notes"',
      })
    }
    expect(await problemOf(await token({ docs: [] }))).toMatchObject({ kind: 'forbidden' })
  })

  it('covers exactly the names that begin with its prefix', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^[ab/]{1,4}$/),
        fc.stringMatching(/^[ab/]{0,3}$/),
        async (name, prefix) => {
          const given = await token({ docs: [{ name: `${prefix}*`, access: 'read' }] })
          const grant = await auth.authorize({ document: nameOf(name), token: given })
          expect(grant.ok).toBe(name.startsWith(prefix))
        },
      ),
      { numRuns: 50 },
    )
  })

  it.each([
    ['none', null, 'there is no token'],
    ['an empty one', '', 'there is no token'],
    ['one that is too long', 'x'.repeat(9_000), 'the token is 9000 bytes, limit 8192'],
    ['one that is too long in UTF-8', 'ü'.repeat(5_000), 'the token is 10000 bytes, limit 8192'],
    ['no JWT', 'a.b.c', 'the token is not a JWT'],
  ])('%s lets nobody in', async (_, given, message) => {
    expect(await problemOf(given)).toEqual({ kind: 'unauthorized', message })
  })

  it.each([
    ['has expired', () => token({ docs }, '-1m'), 'the token has expired'],
    [
      'is signed with another secret',
      () =>
        new SignJWT({ docs })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode('another secret of more than 32 bytes!')),
      'the token is not signed with the secret of this server',
    ],
    [
      'is signed with another algorithm',
      () => new SignJWT({ docs }).setProtectedHeader({ alg: 'HS512' }).sign(new Uint8Array(64)),
      'the token is not signed with HS256',
    ],
    [
      'is signed with a key pair',
      () =>
        new SignJWT({ docs })
          .setProtectedHeader({ alg: 'RS256' })
          .sign(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
      'the token is not signed with HS256',
    ],
    [
      'is not signed',
      () => Promise.resolve(new UnsecuredJWT({ docs }).encode()),
      'the token is not signed with HS256',
    ],
    [
      'is not valid yet',
      () => new SignJWT({ docs }).setProtectedHeader({ alg: 'HS256' }).setNotBefore('1h').sign(key),
      'the claim nbf of the token is not valid',
    ],
    ['lists no documents', () => token({}), 'the claim docs of the token is not a list'],
    [
      'knows another access',
      () => token({ docs: [{ name: '*', access: 'admin' }] }),
      'docs[0] of the token is not { "name": text, "access": "read", "comment" or "write" }',
    ],
    [
      'names no text as its user',
      () => new SignJWT({ docs, sub: 7 as never }).setProtectedHeader({ alg: 'HS256' }).sign(key),
      'the claim sub of the token is not text',
    ],
    [
      'takes its access from the prototype',
      () => token({ docs: [...docs, { name: '*', access: 'constructor' }] }),
      'docs[1] of the token is not { "name": text, "access": "read", "comment" or "write" }',
    ],
  ])('that %s lets nobody in, and nothing of it is told', async (_, make, message) => {
    const given = await make()
    const problem = await problemOf(given)
    expect(problem).toEqual({ kind: 'unauthorized', message })
    expect(problem?.message).not.toContain(given.slice(-10))
  })
})

describe('a token for somebody', () => {
  const sign = (claims: Readonly<Record<string, unknown>>): Promise<string> =>
    new SignJWT({ docs, ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(key)

  it('tells his name, its id, and when it was issued', async () => {
    const given = await sign({ sub: 'ann', name: 'Ann', jti: 'j-1', iat: 1_700_000_000 })
    expect(await auth.authorize({ document: notes, token: given })).toMatchObject({
      ok: true,
      value: { name: 'Ann', tokenId: 'j-1', issuedAt: 1_700_000_000_000, isApplication: false },
    })
  })

  it('is an application’s where it names nobody, and was not made for a client', async () => {
    const grant = await auth.authorize({ document: notes, token: await sign({}) })
    expect(grant).toMatchObject({
      ok: true,
      value: { user: null, name: null, tokenId: null, issuedAt: null, isApplication: true },
    })
    const part = { access: 'write', user: null, expiresAt: null } as const
    const made = await auth.issue({ document: notes, token: await sign({}) }, part)
    const token = made.ok ? made.value : null
    expect(await auth.authorize({ document: notes, token })).toMatchObject({
      ok: true,
      value: { isApplication: false, user: null },
    })
  })

  it.each([
    [{ name: 7 }, 'the claim name of the token is not text'],
    [{ jti: {} }, 'the claim jti of the token is not text'],
    [{ iat: '2026' }, 'the claim iat of the token is not valid'],
    [{ iat: Math.floor(Date.now() / 1000) + 3_600 }, 'the claim iat of the token lies ahead'],
    // by this much a clock is not off that asks a time server; what is taken, a revocation means
    [{ iat: Math.floor(Date.now() / 1000) + 30 }, 'the claim iat of the token lies ahead'],
  ])('with %j lets nobody in', async (claims, message) => {
    const given = await sign(claims)
    expect(await problemOf(given)).toEqual({ kind: 'unauthorized', message })
  })

  it('is looked at for its issuer and its audience where those are set', async () => {
    const strict = createJwtAuth({
      secret: createSecretKey(SECRET, 'utf8'),
      issuer: 'https://login.example',
      audience: 'quire',
    })
    const own = { iss: 'https://login.example', aud: 'quire' }
    const problem = async (claims: Readonly<Record<string, unknown>>) => {
      const grant = await strict.authorize({ document: notes, token: await sign(claims) })
      return grant.ok ? null : grant.error.message
    }
    expect(await problem(own)).toBeNull()
    expect(await problem({ ...own, aud: ['other', 'quire'] })).toBeNull()
    for (const iss of ['https://login.example/', '', undefined])
      expect(await problem({ ...own, iss })).toBe('the claim iss of the token is not valid')
    for (const aud of ['other', [], undefined])
      expect(await problem({ ...own, aud })).toBe('the claim aud of the token is not valid')
  })
})

describe('a token that the server makes', () => {
  const expiresAt = millis(Math.floor(Date.now() / 1000) * 1000 + 60_000)
  const issue = (given: string | null, user: string | null, document = notes) =>
    auth.issue({ document, token: given }, { access: 'read', user, expiresAt })
  const ofApplication = () => new SignJWT({ docs }).setProtectedHeader({ alg: 'HS256' }).sign(key)

  it('grants one document, and what it was made for', async () => {
    const made = await issue(await ofApplication(), 'bob')
    expect(made.ok).toBe(true)
    const given = made.ok ? made.value : null
    expect(await auth.authorize({ document: notes, token: given })).toMatchObject({
      ok: true,
      value: { access: 'read', user: 'bob', expiresAt: expiresAt + TOLERANCE_MS },
    })
    expect(await problemOf(given, nameOf('team/notes2'))).toMatchObject({ kind: 'forbidden' })
  })

  it('ends no later than the one that it was asked for with', async () => {
    const given = await token({ docs }, '10s')
    const made = await issue(given, null)
    expect(made.ok && decodeJwt(made.value ?? '').exp).toBe(decodeJwt(given).exp)
  })

  it('is of the user who asks, where a user asks', async () => {
    const anns = await token({ docs })
    for (const user of [null, 'ann']) {
      const made = await issue(anns, user)
      const grant = await auth.authorize({ document: notes, token: made.ok ? made.value : null })
      expect(grant).toMatchObject({ ok: true, value: { user: 'ann' } })
    }
    expect(await issue(anns, 'bob')).toEqual({
      ok: false,
      error: {
        kind: 'forbidden',
        message: 'the token is of one user and gives none for another; one without sub does',
      },
    })
  })

  it.each(['bob', null])('gives nobody another one, whoever it is of: %j', async (user) => {
    const made = await issue(await ofApplication(), user)
    for (const wanted of ['bob', 'ann', null])
      expect(await issue(made.ok ? made.value : null, wanted)).toEqual({
        ok: false,
        error: {
          kind: 'forbidden',
          message: 'the token was made for a client and gives no others',
        },
      })
  })

  it('is none for whoever has none, or a wrong one', async () => {
    for (const given of [null, 'wrong'])
      expect(await issue(given, 'bob')).toMatchObject({
        ok: false,
        error: { kind: 'unauthorized' },
      })
  })

  it('is none where its name would grant others, too', async () => {
    await expect(issue(await ofApplication(), null, nameOf('team*'))).rejects.toThrow(
      'more than itself',
    )
  })
})

describe('a forged token', () => {
  /** The characters of base64url. */
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

  it('lets nobody in, whichever of its characters is another one', async () => {
    const given = await token({ docs })
    const signature = given.lastIndexOf('.') + 1
    await fc.assert(
      fc.asyncProperty(
        fc.nat(given.length - 2), // the last one has bits that mean nothing (RFC 4648 §3.5)
        fc.constantFrom(...ALPHABET),
        async (at, character) => {
          fc.pre(given[at] !== character && at !== signature - 1)
          const forged = given.slice(0, at) + character + given.slice(at + 1)
          expect(await problemOf(forged)).toMatchObject({ kind: 'unauthorized' })
        },
      ),
      { numRuns: 300 },
    )
  })

  it('lets nobody in with the claims of one and the signature of another', async () => {
    const [head, , signature] = (await token({ docs: [] })).split('.')
    const [, claims] = (await token({ docs })).split('.')
    expect(await problemOf(`${head}.${claims}.${signature}`)).toMatchObject({
      kind: 'unauthorized',
    })
  })

  it('of any text lets nobody in, and throws nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(fc.base64String(), { maxLength: 5 }).map((parts) => parts.join('.')),
        ),
        async (given) => {
          expect(await problemOf(given)).toMatchObject({ kind: 'unauthorized' })
        },
      ),
      { numRuns: 300 },
    )
  })

  it('whatever it claims, is a grant or a denial', async () => {
    const someName = fc.constantFrom('team/notes', '*', 'team/*', '**', '')
    const someAccess = fc.constantFrom('read', 'write', 'own', '__proto__')
    const entry = fc.record({ name: someName, access: someAccess }, { requiredKeys: [] })
    const claims = fc.record(
      {
        docs: fc.oneof(fc.array(entry, { maxLength: 4 }), fc.jsonValue()),
        sub: fc.jsonValue(),
        exp: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(claims, async (claimed) => {
        const given = await new SignJWT(claimed as JWTPayload)
          .setProtectedHeader({ alg: 'HS256' })
          .sign(key)
        const grant = await auth.authorize({ document: notes, token: given })
        if (!grant.ok) return
        const { user, expiresAt } = grant.value
        expect(user === null || typeof user === 'string').toBe(true)
        expect(expiresAt === null || expiresAt > Date.now() - 10_000).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
