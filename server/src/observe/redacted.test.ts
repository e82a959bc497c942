import { SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { redacted, redactedError } from './redacted.ts'

it.each([
  ['GET /yjs/a?token=hush&b=1 failed', 'GET /yjs/a?token=[redacted]&b=1 failed'],
  ['/a?b=1&token=hush"', '/a?b=1&token=[redacted]"'],
  ['/a?access_token=hush', '/a?access_token=[redacted]'],
  ['?token%3Dhush', '?token%3D[redacted]'],
  ['Authorization: Bearer hush.hush', 'Authorization: Bearer [redacted]'],
  ['authorization: basic aHVzaA==', 'authorization: basic [redacted]'],
  ['Cookie: a=b; sid=hush', 'Cookie: [redacted]'],
  ['{"cookie":"sid=hush","a":1}', '{"cookie":"[redacted]","a":1}'],
  ['Set-Cookie: sid=hush\\nGET /', 'Set-Cookie: [redacted]\\nGET /'],
  ['Cookie: a="b"; sid=hush', 'Cookie: [redacted]'],
  ['{"message":"Cookie: a=\\"b\\"; sid=hush","a":1}', '{"message":"Cookie: [redacted]","a":1}'],
  ['{\\"cookie\\":\\"sid=hush\\"}', '{\\"cookie\\":\\"[redacted]\\"}'],
  ['{"cookie":"a=\\"b\\"; sid=hush","a":1}', '{"cookie":"[redacted]","a":1}'],
  ['{"set-cookie": ["sid=hush", "b=hush"]}', '{"set-cookie": [[redacted]]}'],
  ['{"token":"hush"}', '{"token":"[redacted]"}'],
  ['{"refresh_token" : "hush", "a": 1}', '{"refresh_token" : "[redacted]", "a": 1}'],
  ["{ token: 'hush', a: 1 }", "{ token: '[redacted]', a: 1 }"],
  ["{ cookie: 'sid=hush', a: 1 }", '{ cookie: [redacted]'],
  ['Authorization: hush-opaque', 'Authorization: [redacted]'],
  ['{"authorization":"hush-opaque"}', '{"authorization":"[redacted]"}'],
  ['Authorization: Digest username="ann", response="hush"', 'Authorization: [redacted]'],
  ['token=hush', 'token=[redacted]'],
  ['https://a.example/#token=hush', 'https://a.example/#token=[redacted]'],
  ['/a#id_token=hush&b=1', '/a#id_token=[redacted]&b=1'],
  [
    'authorization is neither "full" nor "read-only"',
    'authorization is neither "full" nor "read-only"',
  ],
  ['the token is not a JWT', 'the token is not a JWT'],
  ['the bearer of bad news', 'the bearer of bad news'],
])('%j is logged as %j', (line, logged) => expect(redacted(line)).toBe(logged))

it('a JWT is logged nowhere in a line', async () => {
  const jwt = await new SignJWT({ docs: [] })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.alloc(32))
  expect(redacted(`{"message":"cannot read ${jwt}"}`)).toBe('{"message":"cannot read [redacted]"}')
  expect(redacted(jwt.slice(0, 60))).toBe('[redacted]')
})

it('holds however often a line was written as JSON, and leaves it JSON', () => {
  let line = JSON.stringify({ headers: { cookie: 'a="b"; sid=hush', authorization: 'hush' } })
  for (let i = 0; i < 4; i++) {
    const told = redacted(line)
    expect(told).not.toContain('hush')
    expect(() => JSON.parse(told)).not.toThrow()
    line = JSON.stringify({ message: `cannot read ${line}` })
  }
})

it('an error is told without what looks like a token, and without its cause', () => {
  const told = redactedError(new Error('GET /?token=hush', { cause: 'hush' }))
  expect(told.message).toBe('GET /?token=[redacted]')
  expect(`${told.stack}${String(told.cause)}`).not.toContain('hush')
  const odd = Object.assign(new Error('x'), { message: { token: 'hush' }, stack: null })
  expect(redactedError(odd).message).toBe('[object Object]')
})
