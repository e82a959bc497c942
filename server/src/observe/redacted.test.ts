import { SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { redacted } from './redacted.ts'

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
