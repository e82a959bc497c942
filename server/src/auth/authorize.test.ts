import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { QuireEvent } from '../ports/observe.ts'
import { createManualClock } from '../runtime/testing/manual-clock.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { createAuthorizeAuth, type Authorize, type AuthorizeQuestion } from './authorize.ts'

const document = nameOf('team/notes')
const DEADLINE_MS = 1_000
const failed = {
  ok: false,
  error: { kind: 'internalError', message: 'the login could not be checked' },
}

const authOf = (authorize: unknown) => {
  const clock = createManualClock()
  const events: QuireEvent[] = []
  const observe = { event: (event: QuireEvent) => void events.push(event) }
  // a program in JavaScript may bring anything
  const auth = createAuthorizeAuth(authorize as Authorize, {
    clock,
    observe,
    deadlineMs: DEADLINE_MS,
  })
  const bugs = (): string[] =>
    events.map((event) => (event.kind === 'bug' ? event.error.message : event.kind))
  return { auth, clock, events, bugs }
}

describe('a function as the judge of logins', () => {
  it('is asked with what the client came with, and grants what it says', async () => {
    const questions: AuthorizeQuestion[] = []
    const { auth, bugs, clock } = authOf((question: AuthorizeQuestion) => {
      questions.push(question)
      return {
        access: 'comment',
        user: 'ann',
        name: 'Ann',
        tokenId: 's-1',
        issuedAt: new Date(1_700_000_000_000),
        expiresAt: 1_800_000_000_000.5,
        isApplication: true,
      }
    })
    const request = {
      url: '/yjs/team/notes',
      headers: new Headers({ cookie: 'sid=7' }),
      address: '192.0.2.1',
    }
    expect(await auth.authorize({ document, token: 't', request })).toEqual({
      ok: true,
      value: {
        access: 'comment',
        user: 'ann',
        name: 'Ann',
        tokenId: 's-1',
        issuedAt: 1_700_000_000_000,
        expiresAt: 1_800_000_000_000,
        isApplication: true,
      },
    })
    await auth.authorizeAll({ prefix: 'team/', token: null })
    const signal = expect.any(AbortSignal)
    expect(questions).toEqual([
      { document, prefix: null, token: 't', request, signal },
      { document: null, prefix: 'team/', token: null, request: null, signal },
    ])
    expect([bugs(), clock.timers]).toEqual([[], 0])
  })

  it('may say the least: an access, and nobody', async () => {
    const { auth } = authOf(() => Promise.resolve({ access: 'read', user: null }))
    expect(await auth.authorize({ document, token: null })).toEqual({
      ok: true,
      value: {
        access: 'read',
        user: null,
        name: null,
        tokenId: null,
        issuedAt: null,
        expiresAt: null,
        isApplication: false,
      },
    })
  })

  it.each([
    [
      { deny: 'forbidden', message: 'pay first' },
      { kind: 'forbidden', message: 'pay first' },
    ],
    [{ deny: 'unauthorized' }, { kind: 'unauthorized', message: 'there is no valid login' }],
    [{ deny: 'forbidden' }, { kind: 'forbidden', message: 'the login does not grant this' }],
    [
      { deny: 'forbidden', message: 'x'.repeat(5_000) },
      { kind: 'forbidden', message: 'x'.repeat(1_024) },
    ],
  ])('denies with %j', async (answer, error) => {
    const { auth, bugs } = authOf(() => answer)
    expect(await auth.authorize({ document, token: null })).toEqual({ ok: false, error })
    expect(bugs()).toEqual([])
  })

  it('that does not answer in time has its clients come back, and is told that nobody waits', async () => {
    const signals: AbortSignal[] = []
    const { auth, clock, bugs } = authOf(({ signal }: AuthorizeQuestion) => {
      signals.push(signal)
      return new Promise(() => undefined)
    })
    const grant = auth.authorize({ document, token: null })
    expect(signals[0]?.aborted).toBe(false)
    clock.advance(DEADLINE_MS)
    expect(await grant).toEqual({
      ok: false,
      error: { kind: 'tryAgainLater', message: 'authorize did not answer within 1000 ms' },
    })
    expect([signals[0]?.aborted, bugs()]).toEqual([true, []])
  })

  it.each<[string, unknown]>([
    [
      'throws',
      () => {
        throw new Error('the database is gone')
      },
    ],
    ['rejects', () => Promise.reject(new Error('the database is gone'))],
    ['is no function', 7],
    [
      'throws no error',
      () => {
        throw null
      },
    ],
  ])('that %s lets nobody in, and is reported', async (_, authorize) => {
    const { auth, events, clock } = authOf(authorize)
    expect(await auth.authorize({ document, token: null })).toEqual(failed)
    expect(await auth.authorizeAll({ prefix: '', token: null })).toEqual(failed)
    expect(events).toMatchObject([
      { kind: 'bug', document },
      { kind: 'bug', document: null },
    ])
    expect(clock.timers).toBe(0)
  })

  it.each<[unknown, string]>([
    [undefined, 'its answer is not an object, but undefined'],
    [null, 'its answer is not an object, but null'],
    ['write', 'its answer is not an object, but string'],
    [true, 'its answer is not an object, but boolean'],
    [{}, 'access is not "read", "comment" or "write", but undefined'],
    [{ access: 'own', user: null }, 'access is not "read", "comment" or "write", but string'],
    [{ access: 'write' }, 'user is not text, or null, but undefined'],
    [
      { access: 'write', user: 7 },
      'user is not well-formed text of 1 to 1024 bytes, or null, but 7',
    ],
    [{ access: 'write', user: '' }, 'user is not well-formed text'],
    [{ access: 'write', user: '\ud800' }, 'user is not well-formed text'],
    [{ access: 'write', user: 'é'.repeat(513) }, 'user is not well-formed text'],
    [{ access: 'write', user: null, name: {} }, 'name is not well-formed text'],
    [{ access: 'write', user: null, tokenId: [] }, 'tokenId is not well-formed text'],
    [
      { access: 'write', user: null, expiresAt: 1_793_700_000 },
      'expiresAt is not a Date, or milliseconds since the epoch and not seconds, but 1793700000',
    ],
    [{ access: 'write', user: null, expiresAt: new Date('x') }, 'expiresAt is not a Date'],
    [{ access: 'write', user: null, expiresAt: '2026-01-01' }, 'expiresAt is not a Date'],
    [{ access: 'write', user: null, issuedAt: Infinity }, 'issuedAt is not a Date'],
    [
      { access: 'write', user: null, isApplication: 1 },
      'isApplication is not true or false, but 1',
    ],
    [{ deny: 'no' }, 'deny is not "unauthorized" or "forbidden", but string'],
    [{ deny: null, access: 'write', user: null }, 'deny is not "unauthorized"'],
    [{ deny: 'forbidden', message: 7 }, 'message is not text, but 7'],
  ])('that answers %j lets nobody in, and is told what is wrong', async (answer, sentence) => {
    const { auth, bugs } = authOf(() => answer)
    expect(await auth.authorize({ document, token: null })).toEqual(failed)
    expect(bugs()).toEqual([expect.stringContaining(`authorize: ${sentence}`)])
  })

  it('whatever it answers, grants or denies and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.anything(), fc.record({ access: fc.constant('write'), user: fc.anything() })),
        async (answer) => {
          const { auth } = authOf(() => answer)
          const grant = await auth.authorize({ document, token: null })
          if (!grant.ok) return
          expect(['read', 'comment', 'write']).toContain(grant.value.access)
          expect(grant.value.user === null || typeof grant.value.user === 'string').toBe(true)
        },
      ),
    )
  })

  it('that says the token as it throws has it told to nobody', async () => {
    const { auth, events } = authOf(({ token }: AuthorizeQuestion) => {
      throw new Error(`no such session: ${token}`, { cause: token })
    })
    await auth.authorize({ document, token: 'hush-hush' })
    const [event] = events
    const error = event?.kind === 'bug' ? event.error : new Error('hush-hush')
    expect(error.message).toBe('no such session: [redacted]')
    expect(`${error.stack}${String(error.cause)}`).not.toContain('hush-hush')
  })

  it('makes no tokens', async () => {
    const { auth } = authOf(() => ({ access: 'write', user: null }))
    const part = { access: 'write', user: null, expiresAt: null } as const
    expect(await auth.issue({ document, token: null }, part)).toMatchObject({
      error: { kind: 'forbidden' },
    })
  })
})
