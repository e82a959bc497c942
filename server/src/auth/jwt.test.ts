import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { SignJWT, UnsecuredJWT } from 'jose'
import { millis } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { nameOf } from '../storage/contract/fixture.ts'
import { createJwtAuth } from './jwt.ts'

const SECRET = 'a secret of more than thirty-two bytes'
const auth = createJwtAuth(SECRET)
const key = new TextEncoder().encode(SECRET)
const notes = nameOf('team/notes')
const docs = [{ name: 'team/*', access: 'write' }]

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
    expect(leftMs).toBeLessThanOrEqual(3_600_000)
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

describe('a token that the server makes', () => {
  it('grants one document, and what it was made for', async () => {
    const expiresAt = millis(Math.floor(Date.now() / 1000) * 1000 + 60_000)
    const grant = { access: 'read', user: 'bob', expiresAt } as const
    const made = await auth.issue(notes, grant)
    expect(await auth.authorize({ document: notes, token: made })).toEqual({
      ok: true,
      value: grant,
    })
    expect(await problemOf(made, nameOf('team/notes2'))).toMatchObject({ kind: 'forbidden' })
  })

  it('is none where its name would grant others, too', async () => {
    const grant = { access: 'read', user: null, expiresAt: null } as const
    await expect(auth.issue(nameOf('team*'), grant)).rejects.toThrow('more than itself')
  })
})
