/* What the document API answers to what it cannot use, and to whom it may not serve. */
import { beforeAll, describe, expect, it } from 'vitest'
import { memoryStorage } from './index.ts'
import { startApi, tokenFor, type ApiServer, type Said } from './testing/api-server.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

const ask = async (
  server: ApiServer,
  [method, path, body]: readonly [string, string, string?],
  {
    headers = {},
    said = {},
  }: { readonly headers?: Record<string, string>; readonly said?: Said } = {},
) => {
  const fields = { authorization: `Bearer ${await tokenFor(said)}`, ...headers }
  const sent = body === undefined ? {} : { body }
  const answer = await server.raw(`/api/v1${path}`, { method, headers: fields, ...sent })
  const isProblem = String(answer.headers['content-type']).startsWith('application/problem+json')
  return {
    ...answer,
    problem: isProblem ? (JSON.parse(answer.text) as Record<string, unknown>) : null,
  }
}

/** For what changes nothing. */
let shared: ApiServer
beforeAll(async () => {
  let stop = (): Promise<void> => Promise.resolve()
  shared = await startApi({}, (undo) => (stop = undo))
  const api = await shared.client()
  await api.create('notes', { content: { format: 'text', value: 'as it was' } })
  return () => stop()
})

describe('a request that cannot be used', () => {
  it.each([
    ['no JSON', ['POST', '/documents', '{'], 400, 'the body is not JSON in UTF-8'],
    ['another form', ['POST', '/documents', '{"name":7}'], 400, 'body.name: '],
    ['a name with U+0000', ['POST', '/documents', '{"name":"a\\u0000b"}'], 400, 'U+0000'],
    ['no name', ['POST', '/documents', '{"name":""}'], 400, 'document name is empty'],
    ['a name that is too long', ['GET', `/documents/${'x'.repeat(1_025)}`], 400, 'limit 1024'],
    ['a name that is no UTF-8', ['GET', '/documents/%ff'], 400, 'percent-encoded UTF-8'],
    ['a page that was never given', ['GET', '/documents?cursor=x'], 400, 'query.cursor'],
    ['a page that is too long', ['GET', '/documents?limit=1001'], 400, 'query.limit'],
    ['a format that there is not', ['GET', '/documents/notes/content?as=pdf'], 400, 'query.as'],
    ['a number in another notation', ['GET', '/documents?limit=1e2'], 400, 'in digits'],
    ['a number with more around it', ['GET', '/documents?limit=%207'], 400, 'in digits'],
    ['a question that there is not', ['GET', '/documents?perfix=a'], 400, '"perfix"'],
    [
      'a member that there is not',
      ['POST', '/documents', '{"name":"x","contents":{}}'],
      400,
      '"contents"',
    ],
    ['a version that is no number', ['GET', '/documents/notes/versions/x'], 400, 'whole number'],
    ['a version that there is not', ['GET', '/documents/notes/versions/7'], 404, 'no version 7'],
    ['a patch that there is not', ['GET', '/documents/notes/patches/7'], 404, 'no patch 7'],
    [
      'a connection that there is not',
      ['DELETE', '/documents/notes/connections/7'],
      404,
      'no connection 7',
    ],
    ['a path that there is not', ['GET', '/nothing'], 404, 'the API has nothing at GET'],
    ['a revocation of nobody', ['POST', '/revocations', '{}'], 400, 'names no user'],
    [
      'no update',
      ['POST', '/documents', '{"name":"x","content":{"format":"update","value":"!"}}'],
      400,
      'base64',
    ],
    [
      'a broken update',
      ['POST', '/documents', '{"name":"x","content":{"format":"update","value":"/////w=="}}'],
      422,
      'update: ',
    ],
    ['no steps', ['PATCH', '/documents/notes/content', '{"steps":[]}'], 400, 'body.steps'],
    [
      'too many steps',
      [
        'PATCH',
        '/documents/notes/content',
        `{"steps":[${Array(101).fill('{"op":"append","format":"text","value":"x"}').join()}]}`,
      ],
      400,
      'body.steps',
    ],
    [
      'a node that there is not in the schema',
      [
        'PATCH',
        '/documents/notes/content',
        '{"steps":[{"op":"append","format":"json","value":{"type":"doc","content":[{"type":"video"}]}}]}',
      ],
      422,
      'video',
    ],
  ] as const)('%s: is answered with what is wrong', async (_, request, status, detail) => {
    const server = shared
    const answer = await ask(server, request, { headers: JSON_TYPE })
    expect(answer.problem).toMatchObject({
      status,
      type: expect.stringMatching(/^urn:quire:problem:/),
    })
    expect(answer.status).toBe(status)
    expect(String(answer.problem?.['detail'])).toContain(detail)
    expect(server.events.filter(({ kind }) => kind === 'bug')).toEqual([])
  })

  it('that is too large is refused before it is read, and stores nothing', async () => {
    const server = await startApi({ limits: { maxApiBodyBytes: 65_536 } })
    const api = await server.client()
    await api.create('notes', { content: { format: 'text', value: 'kept' } })
    for (const declared of [true, false]) {
      const body = 'x'.repeat(100_000)
      const headers = {
        'content-type': 'text/plain',
        ...(declared ? {} : { 'transfer-encoding': 'chunked' }),
      }
      const answer = await ask(server, ['PUT', '/documents/notes/content', body], { headers })
      expect(answer.problem).toMatchObject({ status: 413, detail: 'the body is over 65536 bytes' })
    }
    expect((await api.document('notes').read('text')).content.trim()).toBe('kept')
  })

  it('of JSON that is nested without end is refused by its depth, and others go on', async () => {
    const server = await startApi()
    const api = await server.client()
    await api.create('notes')
    const deep = '{"type":"doc","content":['.repeat(100_000) + ']}'.repeat(100_000)
    const answer = await ask(server, ['PUT', '/documents/notes/content', deep], {
      headers: JSON_TYPE,
    })
    expect(answer.problem?.['status']).toBe(422)
    expect(String(answer.problem?.['detail'])).toMatch(/limit/)
    expect((await api.document('notes').append('text', 'still here')).changed).toBe(true)
  })

  it('of a type that is not taken is told which are', async () => {
    const server = await startApi()
    await (await server.client()).create('notes')
    const headers = { 'content-type': 'application/pdf' }
    const answer = await ask(server, ['PUT', '/documents/notes/content', 'x'], { headers })
    expect(answer.problem).toMatchObject({ status: 415 })
    expect(String(answer.problem?.['detail'])).toContain('text/markdown')
    const picky = await ask(server, ['GET', '/documents/notes/content'], {
      headers: { accept: 'image/png' },
    })
    expect(picky.problem).toMatchObject({ status: 406 })
  })

  it('with a precondition that is none is not taken for one without', async () => {
    const server = await startApi()
    await (await server.client()).create('notes')
    for (const [tag, status] of [
      ['7', 400],
      ['"1-2" "1-3"', 400],
      ['"x', 400],
      ['', 400],
      [Array(101).fill('"x"').join(), 400],
      ['W/"1-2"', 412],
      ['"1-2", "1-3"', 412],
      ['"x"', 412],
    ] as const) {
      const headers = { 'content-type': 'text/plain', 'if-match': tag }
      const answer = await ask(server, ['PUT', '/documents/notes/content', 'x'], { headers })
      expect([tag, answer.problem?.['status']]).toEqual([tag, status])
    }
    expect((await (await server.client()).document('notes').facts())?.sequence).toBe(0)
  })
})

it('a fault of the server is a problem, too, and is told to whoever runs it', async () => {
  const storage = memoryStorage()
  storage.list = () => {
    throw new Error('a fault in the storage')
  }
  const server = await startApi({ storage })
  const answer = await ask(server, ['GET', '/documents'])
  expect(answer.status).toBe(500)
  expect(answer.problem).toMatchObject({ status: 500, type: 'urn:quire:problem:internal' })
  expect(answer.text).not.toContain('storage')
  const bugs = server.events.flatMap((event) => (event.kind === 'bug' ? [event.error] : []))
  expect(bugs).toEqual([new Error('a fault in the storage')])
})

describe('HTML with scripts', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<iframe src="https://evil.example"></iframe>',
    '<p style="position:fixed" onclick="x()">y</p>',
  ])('%s: nothing of it that runs is stored or given out', async (html) => {
    const api = await shared.client()
    await api.create(html, { content: { format: 'html', value: `<p>Before</p>${html}` } })
    const told = (await api.document(html).read('html')).content
    expect(told).toContain('Before')
    expect(told).not.toMatch(/script|onerror|javascript:|iframe|onclick|position/i)
  })
})

describe('who may', () => {
  it.each([
    ['no login', null, ['GET', '/documents/notes/content'], 401],
    ['a login for another document', { docs: 'other' }, ['GET', '/documents/notes/content'], 403],
    [
      'a reader who writes',
      { sub: 'ann', access: 'read' },
      ['PUT', '/documents/notes/content', 'x'],
      403,
    ],
    [
      'a commenter who writes',
      { sub: 'ann', access: 'comment' },
      ['PUT', '/documents/notes/content', 'x'],
      403,
    ],
    ['a user who deletes', { sub: 'ann' }, ['DELETE', '/documents/notes'], 403],
    ['a user who revokes', { sub: 'ann' }, ['POST', '/revocations', '{"user":"bob"}'], 403],
    ['a user who exports', { sub: 'ann' }, ['GET', '/export'], 403],
    ['a user who reads patches', { sub: 'ann' }, ['GET', '/documents/notes/patches'], 403],
    ['a user who sees addresses', { sub: 'ann' }, ['GET', '/documents/notes/connections'], 403],
    ['a user who sees what was deleted', { sub: 'ann' }, ['GET', '/documents?deleted=true'], 403],
    ['a login for some that lists all', { docs: 'team/*' }, ['GET', '/documents'], 403],
    [
      'an application of some that revokes for all',
      { docs: 'team/*' },
      ['POST', '/revocations', '{"user":"bob"}'],
      403,
    ],
    [
      'an application of some that copies to others',
      { docs: 'notes' },
      ['POST', '/documents/notes/duplicate', '{"to":"other"}'],
      403,
    ],
  ] as const)('not %s', async (_, said, request, status) => {
    const server = shared
    const api = await server.client()
    const headers = { 'content-type': request[0] === 'PUT' ? 'text/plain' : 'application/json' }
    const answer =
      said === null
        ? await server.raw(`/api/v1${request[1]}`, { method: request[0] })
        : await ask(server, request, { headers, said })
    expect(answer.status).toBe(status)
    expect((await api.document('notes').read('text')).content.trim()).toBe('as it was')
  })

  it('pages of other sites may not, whatever login they have', async () => {
    const server = await startApi({ allowedOrigins: ['https://ours.example'] })
    for (const [origin, status] of [
      ['https://evil.example', 403],
      ['null', 403],
      ['https://ours.example', 200],
    ] as const) {
      const answer = await ask(server, ['GET', '/documents'], { headers: { origin } })
      expect(answer.status).toBe(status)
    }
  })

  it('each login only so often, which its answers tell', async () => {
    const server = await startApi({ limits: { maxApiRequestsPerMinute: 3 } })
    const answers = []
    for (let i = 0; i < 4; i++)
      answers.push(await ask(server, ['GET', '/documents'], { said: { sub: 'ann' } }))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(answers[0]?.headers['ratelimit-policy']).toBe('"login";q=3;w=60')
    expect(answers[0]?.headers['ratelimit']).toMatch(/^"login";r=2;t=20$/)
    expect(Number(answers[3]?.headers['retry-after'])).toBeGreaterThan(0)
    expect((await ask(server, ['GET', '/documents'], { said: { sub: 'bob' } })).status).toBe(200)
  })
})

describe('every answer', () => {
  it('names its request, by the id that the client gave or one of its own', async () => {
    const server = await startApi()
    const own = await ask(server, ['GET', '/documents'], { headers: { 'x-request-id': 'mine-7' } })
    expect(own.headers['x-request-id']).toBe('mine-7')
    const odd = await ask(server, ['GET', '/nothing'], {
      headers: { 'x-request-id': 'x'.repeat(500) },
    })
    expect(String(odd.headers['x-request-id']).length).toBeLessThanOrEqual(128)
    expect(odd.headers['cache-control']).toBe('no-store')
  })
})

describe('an import', () => {
  it('takes what can be used, says of each line what came of it, and costs others nothing', async () => {
    const server = await startApi({ limits: { maxApiBodyBytes: 65_536 } })
    const api = await server.client()
    const good = { name: 'in/good', update: 'AAA=' }
    const lines = [
      JSON.stringify(good),
      '{"name":"in/broken","update":"////"}',
      '{"name":"in/none"}',
      'no JSON',
      '{"name":"elsewhere","update":"AAA="}',
      '{"name":"","update":"AAA="}',
      '',
      '{"name":"in/last","update":"AAA="}',
    ]
    const bytes = new TextEncoder().encode(lines.join('\n'))
    const told = (await new Response(await api.import(bytes, { prefix: 'in/' })).text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(told.map(({ line, result }) => [line, result])).toEqual([
      [1, 'created'],
      [2, 'failed'],
      [3, 'failed'],
      [4, 'failed'],
      [5, 'failed'],
      [6, 'failed'],
      [7, 'created'],
      [undefined, undefined],
    ])
    expect(told.at(-1)).toEqual({ done: true, lines: 7 })
    expect((await api.list()).documents.map(({ name }) => name)).toEqual(['in/good', 'in/last'])
  })

  it('passes over a line that is too long or no UTF-8, and keeps what stands around it', async () => {
    const server = await startApi({ limits: { maxApiBodyBytes: 65_536 } })
    const api = await server.client()
    const text = new TextEncoder()
    const bytes = new Uint8Array([
      ...text.encode('{"name":"first","update":"AAA="}\n'),
      ...text.encode(`{"name":"long","update":"${'A'.repeat(200_000)}"}\n`),
      0xff,
      0xfe,
      10, // a line that is no UTF-8
      ...text.encode('{"name":"last","update":"AAA="}\n'),
    ])
    const said = await new Response(await api.import(bytes)).text()
    const told = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { detail?: string })
    expect(told).toMatchObject([
      { line: 1, result: 'created' },
      { line: 2, result: 'failed', detail: 'the line is over 65536 bytes' },
      { line: 3, result: 'failed', detail: 'the line is not UTF-8' },
      { line: 4, result: 'created' },
      { done: true, lines: 4 },
    ])
    expect((await api.list()).documents.map(({ name }) => name)).toEqual(['first', 'last'])
  })
})

it('a change that is larger than any client’s may be is refused by its size, and nothing is stored', async () => {
  const server = await startApi({ limits: { maxMessageBytes: 65_536 } })
  const api = await server.client()
  await api.create('notes')
  const headers = { 'content-type': 'text/plain' }
  const answer = await ask(server, ['PUT', '/documents/notes/content', 'x'.repeat(100_000)], {
    headers,
  })
  expect(answer.problem).toMatchObject({ status: 422 })
  expect(String(answer.problem?.['detail'])).toContain('limit 65536')
  expect((await api.document('notes').facts())?.sequence).toBe(0)
})
