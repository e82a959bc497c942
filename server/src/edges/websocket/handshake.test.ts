import { expect, test } from 'vitest'
import { handshakeProblem, type HandshakeFacts } from './handshake.ts'

const sound: Record<string, string[]> = {
  host: ['localhost'],
  connection: ['Upgrade'],
  upgrade: ['websocket'],
  'sec-websocket-version': ['13'],
  'sec-websocket-key': ['dGhlIHNhbXBsZSBub25jZQ=='],
}

const facts = (
  fields: Record<string, string[]>,
  line: Partial<Omit<HandshakeFacts, 'headersDistinct'>> = {},
): HandshakeFacts => ({
  method: 'GET',
  url: '/',
  httpVersion: '1.1',
  ...line,
  headersDistinct: { ...sound, ...fields },
})

test.each([
  [{}],
  [{ connection: ['keep-alive, UPGRADE'] }], // Firefox
  [{ connection: ['keep-alive', 'upgrade'] }],
  [{ upgrade: ['WebSocket'] }],
  [{ upgrade: ['h2c, websocket'] }],
  [{ 'content-length': ['0'] }],
  [{ 'sec-websocket-protocol': ['chat, superchat'] }],
  [{ 'sec-websocket-protocol': ['chat', 'superchat'] }],
  [{ 'sec-websocket-extensions': ['permessage-deflate; client_max_window_bits, x; a="b"; c = d'] }],
])('[RFC 6455 §4.2.1] a handshake with %j is sound', (fields) => {
  expect(handshakeProblem(facts(fields))).toBeNull()
})

test.each<[string, Record<string, string[]>, number, string]>([
  ['§4.2.1 (3)', { upgrade: ['h2c'] }, 400, 'Upgrade does not name websocket'],
  ['§4.2.1 (4)', { connection: ['close'] }, 400, 'Connection does not name upgrade'],
  ['§4.2.1 (5)', { 'sec-websocket-key': [] }, 400, 'missing'],
  ['§4.2.1 (5)', { 'sec-websocket-key': ['c2hvcnQ='] }, 400, '16 bytes of base64, once'],
  ['§4.2.1 (5)', { 'sec-websocket-key': ['dGhlIHNhbXBsZSBub25jZQ='] }, 400, '16 bytes'],
  ['§4.2.1 (5)', { 'sec-websocket-key': ['dGhlIHNhbXBsZSBub25jZ*=='] }, 400, '16 bytes'],
  [
    '§11.3.1',
    { 'sec-websocket-key': ['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ=='] },
    400,
    'once',
  ],
  ['§4.4', { 'sec-websocket-version': [] }, 426, 'missing'],
  ['§4.4', { 'sec-websocket-version': ['8'] }, 426, 'is 8'],
  ['§4.4', { 'sec-websocket-version': ['013'] }, 426, 'is 013'],
  ['§4.4', { 'sec-websocket-version': ['13', '13'] }, 426, 'is 13, 13'],
  ['§4.1 (10)', { 'sec-websocket-protocol': ['a b'] }, 400, 'tokens'],
  ['§4.1 (10)', { 'sec-websocket-protocol': ['a,,b'] }, 400, 'tokens'],
  ['§4.1 (10)', { 'sec-websocket-protocol': ['a, b, a'] }, 400, 'twice'],
  ['§9.1', { 'sec-websocket-extensions': ['a; b=c d'] }, 400, 'extensions'],
  ['§4.2.1', { 'content-length': ['5'] }, 400, 'no body'],
  ['§4.2.1', { 'transfer-encoding': ['chunked'] }, 400, 'no body'],
  ['§4.2.1 (2)', { host: [] }, 400, 'no Host'],
])('[RFC 6455 %s] a handshake with %j is refused with %i', (_, fields, status, words) => {
  expect(handshakeProblem(facts(fields))).toMatchObject({
    status,
    sentence: expect.stringContaining(words),
  })
})

test('[RFC 6455 §4.4] the 426 names version 13 and the protocol', () => {
  const problem = handshakeProblem(facts({ 'sec-websocket-version': ['12'] }))
  expect(problem?.headers).toEqual([
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
  ])
})

test('[RFC 6455 §4.2.1] a handshake is HTTP/1.1', () => {
  expect(handshakeProblem(facts({}, { httpVersion: '1.0' }))).toMatchObject({ status: 400 })
})

test('[RFC 6455 §4.1 (2)] a handshake is a GET', () => {
  expect(handshakeProblem(facts({}, { method: 'POST' }))).toMatchObject({
    status: 405,
    headers: [['Allow', 'GET']],
  })
})

test('[RFC 9112 §3.2] a handshake for an odd target is refused', () => {
  expect(handshakeProblem(facts({}, { url: '*' }))).toMatchObject({ status: 400 })
})
