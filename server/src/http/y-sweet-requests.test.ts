import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  documentOfId,
  readAuthRequest,
  readNewRequest,
  type AuthRequest,
} from './y-sweet-requests.ts'

const newId = () => 'new-one'

const isBounded = ({ authorization, userId, validForSeconds }: AuthRequest): boolean =>
  ['full', 'read-only'].includes(authorization) &&
  (userId === null || userId.length <= 256) &&
  validForSeconds >= 1 &&
  validForSeconds <= 2_592_000

describe('a document id', () => {
  it.each(['a', 'A-b_9', '-', '__proto__', 'x'.repeat(1024)])('may be %j', (id) => {
    expect(documentOfId(id)).toEqual({ ok: true, value: id })
  })

  it.each(['', ' ', 'a b', 'a/b', 'a.b', 'ä', 'a\n', '😀', '*', 'x'.repeat(1025)])(
    'may not be %j',
    (id) => expect(documentOfId(id).ok).toBe(false),
  )

  it('is told back in part only, however long it is', () => {
    const problem = documentOfId('/'.repeat(10_000))
    expect(problem.ok ? '' : problem.error).toMatch(/^a document id is .{0,150}$/)
  })
})

describe('the body of a request', () => {
  it.each(['', '  ', '{}', '{"more":1}'])('%j wants a new document', (body) => {
    expect(readNewRequest(body, newId)).toEqual({ ok: true, value: 'new-one' })
  })

  it.each(['', '{}', '{"userId":null}'])(
    '%j wants all, for nobody by name, for an hour',
    (body) => {
      expect(readAuthRequest(body)).toEqual({
        ok: true,
        value: { authorization: 'full', userId: null, validForSeconds: 3_600 },
      })
    },
  )

  it.each([
    ['{"validForSeconds":0}', 'validForSeconds is not a number from 1 to 2592000'],
    ['{"validForSeconds":2592001}', 'validForSeconds is not a number from 1 to 2592000'],
    ['{"validForSeconds":"60"}', 'validForSeconds is not a number from 1 to 2592000'],
    ['{"validForSeconds":1e999}', 'validForSeconds is not a number from 1 to 2592000'],
    [`{"userId":"${'u'.repeat(257)}"}`, 'userId is not text of at most 256 characters'],
    ['{"authorization":"readonly"}', 'authorization is neither "full" nor "read-only"'],
    ['{"authorization":null}', 'authorization is neither "full" nor "read-only"'],
    ['null', 'the body is not a JSON object'],
    ['"full"', 'the body is not a JSON object'],
    ['{"a":}', 'the body is not JSON'],
  ])('%s is told what is wrong', (body, error) => {
    expect(readAuthRequest(body)).toEqual({ ok: false, error })
  })

  it('of any kind is read or refused in a sentence, and what is read is in its bounds', () => {
    const someBody = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record(
          {
            authorization: fc.oneof(fc.constantFrom('full', 'read-only'), fc.jsonValue()),
            userId: fc.oneof(fc.string(), fc.jsonValue()),
            validForSeconds: fc.oneof(fc.double(), fc.integer(), fc.jsonValue()),
            docId: fc.oneof(fc.string(), fc.jsonValue()),
          },
          { requiredKeys: [] },
        )
        .map((body) => JSON.stringify(body)),
    )
    fc.assert(
      fc.property(someBody, (body) => {
        const document = readNewRequest(body, newId)
        const told = document.ok ? `id ${document.value}` : `problem ${document.error}`
        expect(told).toMatch(/^(id [\w-]{1,1024}|problem [^]{1,300})$/)
        const request = readAuthRequest(body)
        expect(request.ok ? isBounded(request.value) : /^.{1,300}$/.test(request.error)).toBe(true)
      }),
    )
  })
})
