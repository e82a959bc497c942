import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loginError } from './login-error.ts'

const askedWith = (fields: Record<string, string>, token: string | null = null) => ({
  token,
  request: { url: '/yjs/a', headers: new Headers(fields), address: '' },
})

/** What is told of an error in all. */
const toldOf = ({ message, stack, cause }: Error): string => `${message}${stack}${String(cause)}`

describe('what a judge of logins threw', () => {
  it.each<[string, Record<string, string>, string]>([
    ['a cookie', { cookie: 'sid=hush-hush' }, 'no session hush-hush'],
    ['all cookies', { cookie: 'a=1; sid=hush-hush' }, 'cannot read a=1; sid=hush-hush'],
    ['a quoted cookie', { cookie: 'a="hush-hush"' }, 'cannot read hush-hush'],
    ['an encoded cookie', { cookie: 'sid=hush%20hush' }, 'cannot read hush hush'],
    ['a field', { authorization: 'hush-opaque' }, 'cannot read hush-opaque'],
    ['what is behind a scheme', { authorization: 'Bearer hush.hush' }, 'cannot read hush.hush'],
    ['a password', { authorization: `Basic ${btoa('ann:hushed')}` }, 'ann may not: hushed'],
  ])('says nothing of %s', (_, fields, message) => {
    const told = toldOf(loginError(new Error(message, { cause: fields }), askedWith(fields)))
    expect(told).not.toMatch(/hush/)
    expect(told).toContain('[redacted]')
  })

  it('says no part of a token that is not JSON, wherever that begins to be none', () => {
    for (const token of ['hush-'.repeat(20), `{"hush": ${'hush-'.repeat(20)}`, 'hush']) {
      let thrown: unknown
      try {
        JSON.parse(token)
      } catch (error) {
        thrown = error
      }
      const told = toldOf(loginError(thrown, { token }))
      expect(told).not.toMatch(/hush/)
      expect(told).toContain('JSON')
    }
  })

  it('is told with its message and its stack, and without its cause', () => {
    const error = new Error('the database is gone', { cause: 'hush' })
    const told = loginError(error, askedWith({ cookie: 'theme=a; b=the' }))
    expect([told.message, told.stack, told.cause]).toEqual([error.message, error.stack, undefined])
  })

  it.each<[string, unknown]>([
    ['whose message is an object', { message: {}, stack: null }],
    ['that is nothing', undefined],
    ['without a prototype', Object.create(null)],
    [
      'whose parts cannot be read',
      {
        get message(): string {
          throw new Error('no')
        },
        get stack(): string {
          throw new Error('no')
        },
      },
    ],
    [
      'that lets nobody look at it',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no')
          },
          getPrototypeOf: () => {
            throw new Error('no')
          },
        },
      ),
    ],
  ])('%s is an error like others', (_, thrown) => {
    expect(loginError(thrown, { token: 'hush' }).message).toMatch(/^a login was judged by throwing/)
  })

  it('whatever it is, is told without the token', () => {
    // of characters that what stands in its place has none of
    const tokens = fc.stringMatching(/^[A-Z0-9=.]{4,40}$/)
    fc.assert(
      fc.property(fc.anything(), tokens, fc.string(), (thrown, token, text) => {
        loginError(thrown, { token })
        const told = loginError(new Error(`${text}${token}${text}`), { token })
        expect(told.message).not.toContain(token)
      }),
    )
  })
})
