/* Running the server by its API: who may, what is told, and what is done. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import * as Y from 'yjs'
import { poisons } from './content/testing/poison.ts'
import { startApi, tokenFor, type ApiServer, type Said } from './testing/api-server.ts'

const operator: Said = { sub: 'olga', operations: 'write' }
const onlooker: Said = { sub: 'olaf', operations: 'read' }

let server: ApiServer
let stop = (): Promise<void> => Promise.resolve()
beforeAll(async () => {
  server = await startApi({}, (undo) => (stop = undo))
})
afterAll(() => stop())

const ask = async (
  method: string,
  path: string,
  { said = operator, body }: { readonly said?: Said | null; readonly body?: unknown } = {},
): Promise<Response> => {
  const headers = new Headers()
  if (said !== null) headers.set('authorization', `Bearer ${await tokenFor(said)}`)
  if (body !== undefined) headers.set('content-type', 'application/json')
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  return fetch(`${server.url}/api/v1${path}`, { method, headers, ...sent })
}

const json = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
  const answer = await ask(method, path, { body })
  expect(answer.ok, `${method} ${path}: ${answer.status}`).toBe(true)
  return (await answer.json()) as T // as the test that asks says
}

const of = (name: string, rest = ''): string =>
  `/operations/documents/${encodeURIComponent(name)}${rest}`

const write = (name: string, words: readonly string[]): Promise<void> =>
  words.reduce(
    (before, word) =>
      before.then(() =>
        server.quire.document(name).edit((doc) => doc.getText('body').insert(0, word)),
      ),
    Promise.resolve(),
  )

describe('who may', () => {
  const looks = [
    '/operations',
    '/operations/documents',
    of('notes'),
    of('notes', '/sessions'),
    of('notes', '/anatomy'),
    of('notes', '/versions'),
    of('notes', '/quarantine'),
  ]
  const acts = [
    { method: 'DELETE', path: of('notes', '/sessions') },
    { method: 'DELETE', path: of('notes', '/sessions/1') },
    { method: 'POST', path: of('notes', '/compact') },
    { method: 'POST', path: of('notes', '/versions'), body: { name: 'x' } },
    { method: 'GET', path: of('notes', '/export') },
    { method: 'GET', path: of('notes', '/quarantine/1') },
  ]
  beforeAll(() => write('notes', ['a note']))

  it.each(looks)('GET %s: whoever may look, and nobody else', async (path) => {
    expect((await ask('GET', path, { said: null })).status).toBe(401)
    // an application may do everything with documents, and nothing with the server
    expect((await ask('GET', path, { said: {} })).status).toBe(403)
    expect((await ask('GET', path, { said: onlooker })).status).toBe(200)
  })

  it.each(acts)('$method $path: whoever may act, and nobody else', async (act) => {
    const { method, path, body } = act
    expect((await ask(method, path, { said: null, body })).status).toBe(401)
    expect((await ask(method, path, { said: {}, body })).status).toBe(403)
    const looked = await ask(method, path, { said: onlooker, body })
    expect(looked.status).toBe(403)
    expect(await looked.text()).toContain('may look at the server and not run it')
    expect([200, 201, 204, 404]).toContain((await ask(method, path, { body })).status)
  })
})

it.each([
  ['GET', '/operations/documents?sort=age', 400, 'query.sort'],
  ['GET', '/operations/documents?limit=201', 400, 'query.limit'],
  ['GET', '/operations/documents?limit=0', 400, 'query.limit'],
  ['GET', '/operations/documents?cursor=x', 400, 'query.cursor'],
  [
    'GET',
    `/operations/documents?cursor=${Buffer.from('["name",{"kind":"rank","rank":-1}]').toString('base64url')}`,
    400,
    'query.cursor',
  ],
  ['GET', '/operations/documents?search=a&colour=red', 400, 'colour'],
  ['GET', '/operations/documents/%ff', 400, 'percent-encoded UTF-8'],
  ['GET', of('x'.repeat(1_025)), 400, 'limit 1024'],
  ['GET', of('not there'), 404, 'no document'],
  ['GET', of('not there', '/anatomy'), 404, 'no document'],
  ['POST', of('not there', '/compact'), 404, 'no document'],
  ['GET', of('not there', '/export'), 404, 'no document'],
  ['DELETE', of('notes', '/sessions/77'), 404, 'no session 77'],
  ['DELETE', of('notes', '/sessions/x'), 400, 'whole number'],
  ['GET', of('notes', '/quarantine/77'), 404, 'no update 77'],
  ['PUT', of('notes', '/compact'), 405, 'POST'],
])('%s %s is a problem that says what is wrong', async (method, path, status, words) => {
  await write('notes', ['a'])
  const answer = await ask(method, path)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(words)])
})

interface Page {
  readonly documents: readonly { readonly name: string; readonly bytes: number }[]
  readonly next: string | null
}

describe('the list of documents', () => {
  const names = Array.from({ length: 23 }, (_, i) => `listed/${String(i).padStart(2, '0')}`)
  beforeAll(async () => {
    for (const [i, name] of names.entries()) await write(name, ['x'.repeat(1 + i * 7)])
  })

  const walk = async (query: string): Promise<readonly string[]> => {
    const found: string[] = []
    let cursor = ''
    do {
      const page: Page = await json('GET', `/operations/documents?${query}${cursor}`)
      found.push(...page.documents.map(({ name }) => name))
      cursor = page.next === null ? '' : `&cursor=${page.next}`
    } while (cursor !== '')
    return found
  }

  it('has each of them once, in every order, whatever the size of a page', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('name', 'sessions', 'bytes', 'unsaved'),
        fc.integer({ min: 1, max: 30 }),
        async (sort, limit) => {
          const found = await walk(`search=LISTED&sort=${sort}&limit=${limit}`)
          expect(found.toSorted()).toEqual(names)
        },
      ),
      { numRuns: 12, verbose: 1 },
    )
  })

  it('begins with the largest, or with those that somebody has open', async () => {
    const { documents }: Page = await json(
      'GET',
      '/operations/documents?search=listed&sort=bytes&limit=3',
    )
    expect(documents.map(({ name }) => name)).toEqual(['listed/22', 'listed/21', 'listed/20'])
    const opened = Promise.withResolvers<void>()
    const close = server.quire.document('listed/07').subscribe(({ kind }) => {
      if (kind === 'open') opened.resolve()
    })
    await opened.promise
    const byName = await walk('search=listed&sort=sessions&limit=4')
    close()
    expect(byName[0]).toBe('listed/07')
    expect(byName.slice(1)).toEqual(names.filter((name) => name !== 'listed/07'))
  })
})

interface Log {
  readonly tailUpdates: number
  readonly snapshotBytes: number
}

describe('what is done with a document', () => {
  it('is folded now, open or not, and nothing of it is lost', async () => {
    await write('folded', ['c', 'b', 'a'])
    const { after } = await json<{ after: Log }>('POST', of('folded', '/compact'))
    expect(after).toMatchObject({ tailUpdates: 0 })
    await write('folded', ['0'])
    const close = server.quire.document('folded').subscribe(() => undefined)
    const again = await json<{ after: Log }>('POST', of('folded', '/compact'))
    expect(again.after.tailUpdates).toBe(0)
    close()
    const { log } = await json<{ log: Log }>('GET', of('folded'))
    expect(log).toMatchObject({ tailUpdates: 0 })
    expect(log.snapshotBytes).toBeGreaterThan(0)
    await server.quire
      .document('folded')
      .edit((doc) => expect(doc.getText('body').toJSON()).toBe('0abc'))
  })

  it('is taken apart: the parts are the whole, and the whole is what an export has', async () => {
    await write('apart', ['some words', ' and some more', ' of them'])
    const anatomy = await json<{
      bytes: number
      parts: Record<string, number>
      roots: { name: string; bytes: number }[]
      tailUpdates: number
    }>('GET', of('apart', '/anatomy'))
    expect(Object.values(anatomy.parts).reduce((a, b) => a + b, 0)).toBe(anatomy.bytes)
    expect(anatomy.roots.map(({ name }) => name)).toEqual(['body'])
    expect(anatomy.tailUpdates).toBe(3)
    const exported = await ask('GET', of('apart', '/export'))
    const update = new Uint8Array(await exported.arrayBuffer())
    expect(update.length).toBe(anatomy.bytes)
    expect(exported.headers.get('content-disposition')).toBe('attachment')
    const doc = new Y.Doc()
    Y.applyUpdate(doc, update)
    expect(doc.getText('body').toJSON()).toBe(' of them and some moresome words')
  })

  it('is kept under a name, by who asked', async () => {
    await write('kept', ['as it was'])
    await json('POST', of('kept', '/versions'), { name: 'before the move' })
    const { versions } = await json<{ versions: unknown[] }>('GET', of('kept', '/versions'))
    expect(versions[0]).toMatchObject({ name: 'before the move', author: 'olga' })
  })

  it('has a quarantine, of which each update can be had as it came', async () => {
    const [poison] = poisons
    if (poison === undefined) throw new Error('no poison')
    const api = await server.client()
    await api.create('poisoned')
    for (const update of [...poison.before, poison.breaks])
      await api.document('poisoned').write('update', update)
    await json('POST', of('poisoned', '/compact'))
    const { updates } = await json<{ updates: { id: number; bytes: number; problem: string }[] }>(
      'GET',
      of('poisoned', '/quarantine'),
    )
    expect(updates).toMatchObject([
      { id: poison.before.length + 1, bytes: poison.breaks.length, problem: expect.any(String) },
    ])
    const answer = await ask('GET', of('poisoned', `/quarantine/${updates[0]?.id}`))
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(new Uint8Array(poison.breaks))
  })
})

it('says how the server is, and what it met', async () => {
  await write('seen', ['x'])
  await ask('GET', of('seen'), { said: {} }) // which is denied
  const told = await json<{
    access: string
    now: { since: { updates: number; denials: number } }
    troubles: { kind: string; reason: string }[]
  }>('GET', '/operations')
  expect(told.access).toBe('write')
  expect(told.now.since.updates).toBeGreaterThan(0)
  expect(told.troubles.map(({ kind }) => kind)).toContain('denial')
})

it('says to whom may look whose request it is, and by what that is known', async () => {
  const { asker } = await json<{ asker: Record<string, unknown> }>('GET', '/operations')
  expect(asker).toEqual({
    address: '127.0.0.1',
    peer: { address: '127.0.0.1', port: expect.any(Number) },
    isProxied: false,
    forwardedFor: null,
  })
})

it('is asked by the client of the API in its own words', async () => {
  await write('asked', ['b', 'a'])
  const { operations } = await server.client(operator)
  expect((await operations.documents({ search: 'asked', sort: 'name' })).documents).toMatchObject([
    { name: 'asked', sequence: 2 },
  ])
  expect((await operations.compact('asked')).after.tailUpdates).toBe(0)
  expect((await operations.document('asked')).log).toMatchObject({ tailUpdates: 0 })
  const { bytes } = await operations.anatomy('asked')
  expect((await operations.export('asked')).length).toBe(bytes)
  await operations.keepVersion('asked', 'first')
  expect(await operations.sessions('asked')).toEqual([])
  expect(await operations.endSessions('asked')).toBe(0)
  expect(await operations.quarantine('asked')).toEqual([])
  await expect(operations.quarantined('asked', 7)).rejects.toMatchObject({ status: 404 })
  await expect(operations.endSession('asked', 7)).rejects.toMatchObject({ status: 404 })
  expect((await operations.overview()).access).toBe('write')
})
