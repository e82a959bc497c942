/* Who may see and run the server, by each way there is to say it. */
import { createSecretKey } from 'node:crypto'
import { SignJWT, UnsecuredJWT } from 'jose'
import { err } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import { nameOf } from '../storage/contract/fixture.ts'
import type { Auth } from '../ports/auth.ts'
import type { QuireEvent } from '../ports/observe.ts'
import { authorizeOperations } from '../ports/operations.ts'
import { createManualClock } from '../runtime/testing/manual-clock.ts'
import { startTestServer, testServerLimits } from '../runtime/testing/server.ts'
import { tokenAuth, tokens } from '../runtime/testing/logins.ts'
import { createAuthorizeAuth, withOperations, type AuthorizeOperations } from './authorize.ts'
import { createJwtAuth } from './jwt.ts'
import { openAuth } from './open.ts'

const SECRET = 'a secret of more than thirty-two bytes'
const jwt = createJwtAuth({ secret: createSecretKey(SECRET, 'utf8') })
const notes = nameOf('team/notes')

const tokenOf = (
  claims: Readonly<Record<string, unknown>>,
  { expires = '1h', secret = SECRET }: { expires?: string; secret?: string } = {},
): Promise<string> =>
  new SignJWT({ jti: 'ops-1', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret))

const asked = (token: string | null, auth: Auth = jwt) => authorizeOperations(auth, { token })

describe('the claim operations of a token', () => {
  it.each(['read', 'write'] as const)('%s grants that, to whom it says', async (access) => {
    const token = await tokenOf({ sub: 'ann', name: 'Ann', operations: access })
    const grant = await asked(token)
    expect(grant).toMatchObject({
      ok: true,
      value: { access, user: 'ann', name: 'Ann', tokenId: 'ops-1' },
    })
    expect(grant.ok && (grant.value.expiresAt ?? 0) - Date.now()).toBeGreaterThan(3_590_000)
    expect(grant.ok && grant.value.issuedAt).toBeGreaterThan(Date.now() - 5_000)
  })

  it('needs no docs, and lets nobody into a document', async () => {
    const token = await tokenOf({ operations: 'write' })
    expect(await jwt.authorize({ document: notes, token })).toEqual(
      err({ kind: 'forbidden', message: 'the token does not grant "team/notes"' }),
    )
    expect((await jwt.authorizeAll({ prefix: '', token })).ok).toBe(false)
  })

  it('is needed: no token of documents, not even an application’s, runs a server', async () => {
    const token = await tokenOf({ docs: [{ name: '*', access: 'write' }] })
    expect((await jwt.authorizeAll({ prefix: '', token })).ok).toBe(true)
    expect(await asked(token)).toEqual(
      err({ kind: 'forbidden', message: 'the token has no claim operations, which this needs' }),
    )
  })

  it.each([[true], ['admin'], [null], [['read']], [{ access: 'write' }], ['WRITE'], ['comment']])(
    'of another kind, %j, is denied and said',
    async (operations) => {
      expect(await asked(await tokenOf({ operations }))).toEqual(
        err({
          kind: 'unauthorized',
          message: 'the claim operations of the token is not "read" or "write"',
        }),
      )
    },
  )

  it('counts in no token that is forged, expired, unsigned or missing', async () => {
    const operations = 'write'
    const given = [
      [
        await tokenOf({ operations }, { secret: SECRET.toUpperCase() }),
        /not signed with the secret/,
      ],
      [await tokenOf({ operations }, { expires: '-10s' }), /has expired/],
      [new UnsecuredJWT({ operations }).encode(), /not signed with HS256/],
      ['no-jwt', /is not a JWT/],
      [null, /there is no token/],
    ] as const
    for (const [token, message] of given)
      expect(await asked(token)).toEqual(
        err({ kind: 'unauthorized', message: expect.stringMatching(message) }),
      )
  })

  it('is in none of the tokens that the server makes', async () => {
    const token = await tokenOf({ operations: 'write', docs: [{ name: '*', access: 'write' }] })
    const part = { access: 'write', user: 'bob', expiresAt: null } as const
    const made = await jwt.issue({ document: notes, token }, part)
    expect(made.ok && (await asked(made.value))).toMatchObject(err({ kind: 'forbidden' }))
  })
})

describe('a function as the judge', () => {
  const judgeOf = (authorize: unknown, auth: Auth = openAuth) => {
    const events: QuireEvent[] = []
    const clock = createManualClock()
    const observe = { event: (event: QuireEvent) => void events.push(event) }
    // a program in JavaScript may bring anything
    const judged = withOperations(auth, authorize as AuthorizeOperations, {
      clock,
      observe,
      deadlineMs: 1_000,
    })
    return { judged, events, clock }
  }

  it('is asked with what came, and grants what it says; documents are another one’s matter', async () => {
    const { judged } = judgeOf(({ token, request }: { token: string; request: unknown }) =>
      token === 'x' && request === null ? { access: 'read', user: 'ann' } : { deny: 'forbidden' },
    )
    expect(await asked('x', judged)).toMatchObject({
      ok: true,
      value: { access: 'read', user: 'ann' },
    })
    expect(await asked('y', judged)).toMatchObject(err({ kind: 'forbidden' }))
    expect((await judged.authorize({ document: notes, token: 'y' })).ok).toBe(true)
  })

  it.each([
    [
      { access: 'comment', user: null },
      'authorizeOperations: access is not "read" or "write", but string',
    ],
    [{ access: 'read' }, 'authorizeOperations: user is not text, or null, but undefined'],
    [true, 'authorizeOperations: its answer is not an object, but boolean'],
  ])('that answers %j lets nobody in, and is reported', async (answer, problem) => {
    const { judged, events } = judgeOf(() => answer)
    expect(await asked('x', judged)).toMatchObject(err({ kind: 'internalError' }))
    expect(events).toMatchObject([{ kind: 'bug', error: { message: problem } }])
  })

  it('that does not answer in time has whoever asks come back', async () => {
    const { judged, clock } = judgeOf(() => new Promise(() => undefined))
    const answer = asked('x', judged)
    clock.advance(1_000)
    expect(await answer).toEqual(
      err({
        kind: 'tryAgainLater',
        message: 'authorizeOperations did not answer within 1000 ms',
      }),
    )
  })
})

describe('nobody', () => {
  const forbidden = err({
    kind: 'forbidden',
    message: 'logins of this server do not say who may run it',
  })

  it('runs a server whose Auth knows nothing of it', async () => {
    expect(await asked('x', tokenAuth(tokens))).toEqual(forbidden)
  })

  it('runs one whose documents a function decides on, where no other one decides on that', async () => {
    const observe = { event: () => undefined }
    const options = { clock: createManualClock(), observe, deadlineMs: 1_000 }
    const auth = createAuthorizeAuth(
      () => ({ access: 'write', user: 'ann', isApplication: true }),
      options,
    )
    expect(await asked('x', auth)).toEqual(forbidden)
  })
})

describe('[R16] what is taken back', () => {
  const serverOf = async () => {
    const clock = createManualClock(Date.now()) // the token was issued now
    const { documents } = startTestServer({ auth: jwt, clock })
    const token = await tokenOf({ sub: 'ann', operations: 'write' })
    return { documents, login: () => documents.loginOperations(token) }
  }
  const revoked = err({ close: 'forbidden', reason: 'this login was revoked' })

  it.each([{ user: 'ann' }, { token: 'ops-1' }, { user: 'ann', document: '*' }])(
    'of %j altogether is nobody’s to run the server with',
    async (scope) => {
      const { documents, login } = await serverOf()
      expect(await login()).toMatchObject({ ok: true, value: { access: 'write' } })
      await documents.guard.revoke({ ...scope, access: 'none' })
      expect(await login()).toEqual(revoked)
    },
  )

  it('in part leaves that part: who may only comment may only look', async () => {
    const { documents, login } = await serverOf()
    await documents.guard.revoke({ user: 'ann', access: 'comment' })
    expect(await login()).toMatchObject({ ok: true, value: { access: 'read' } })
  })

  it.each([
    { user: 'bob' },
    { token: 'ops-2' },
    { user: 'ann', document: 'team/*' },
    { document: '*' },
  ])('of %j is not that', async (scope) => {
    const { documents, login } = await serverOf()
    await documents.guard.revoke({ ...scope, access: 'none' })
    expect(await login()).toMatchObject({ ok: true, value: { access: 'write' } })
  })

  it('takes one of the places of logins, as every login does', async () => {
    const clock = createManualClock()
    const auth = withOperations(openAuth, () => new Promise(() => undefined), {
      clock,
      observe: { event: () => undefined },
      deadlineMs: 1_000,
    })
    const serverLimits = { ...testServerLimits, loginsAtOnce: 1, loginMs: 500 }
    const { documents } = startTestServer({ auth, serverLimits, clock })
    const first = documents.loginOperations('a')
    expect(await documents.loginOperations('b')).toMatchObject(err({ close: 'tryAgainLater' }))
    clock.advance(500)
    expect(await first).toEqual(
      err({ close: 'tryAgainLater', reason: 'the login was not checked within 500 ms' }),
    )
  })
})
