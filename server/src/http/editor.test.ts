import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApp, type TestApp } from './testing/app.ts'

const PAGE = `<!doctype html><title>Quire</title>${'<p>words</p>'.repeat(500)}`
let directory: string
let app: TestApp

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quire-editor-'))
  const root = join(directory, 'dist')
  await mkdir(join(root, 'assets'), { recursive: true })
  await writeFile(join(directory, 'secret.txt'), 'secret')
  await writeFile(join(root, 'index.html'), PAGE)
  await writeFile(join(root, 'favicon.svg'), '<svg/>')
  await writeFile(join(root, 'service-worker.js'), 'void 0')
  await writeFile(join(root, 'assets', 'main-abc123.js'), 'export const words = 1\n'.repeat(500))
  app = await startApp({ editorRoot: root })
})

afterAll(async () => {
  await app.stop()
  await rm(directory, { recursive: true })
})

describe('the editor', () => {
  it.each(['/', '/p/notes', '/p/team/a%2Fb', '/p/%E2%98%83'])(
    'has its page at %s',
    async (path) => {
      const response = await fetch(app.url + path)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toMatch(/^text\/html/)
      expect(response.headers.get('cache-control')).toBe('no-cache')
      expect(await response.text()).toBe(PAGE)
    },
  )

  it('answers 304 to a page that has not changed, also in its compressed form', async () => {
    for (const encoding of ['gzip', 'identity']) {
      const headers = { 'accept-encoding': encoding }
      const first = await fetch(`${app.url}/`, { headers })
      await first.arrayBuffer()
      const tag = first.headers.get('etag')
      if (tag === null) throw new Error('the page has no ETag')
      const again = await fetch(`${app.url}/`, { headers: { ...headers, 'if-none-match': tag } })
      expect([encoding, again.status]).toEqual([encoding, 304])
      expect(await again.text()).toBe('')
      const other = { ...headers, 'if-none-match': '"another"' }
      expect((await fetch(`${app.url}/`, { headers: other })).status).toBe(200)
    }
  })

  it('compresses for who can read it', async () => {
    const path = `${app.url}/assets/main-abc123.js`
    const zipped = await fetch(path, { headers: { 'accept-encoding': 'gzip' } })
    expect(zipped.headers.get('content-encoding')).toBe('gzip')
    expect(zipped.headers.get('vary')?.toLowerCase()).toContain('accept-encoding')
    const plain = await fetch(path, { headers: { 'accept-encoding': 'identity' } })
    expect(plain.headers.get('content-encoding')).toBeNull()
    expect(await zipped.text()).toBe(await plain.text())
  })

  it('lets caches keep what the build named by its content, and nothing else', async () => {
    const asset = await fetch(`${app.url}/assets/main-abc123.js`)
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(asset.headers.get('content-type')).toMatch(/javascript/)
    const icon = await fetch(`${app.url}/favicon.svg`)
    expect(icon.headers.get('cache-control')).toBe('no-cache')
    const worker = await fetch(`${app.url}/service-worker.js`)
    expect(worker.headers.get('cache-control')).toBe('no-cache')
    expect(worker.headers.get('content-type')).toMatch(/javascript/)
    const missing = await fetch(`${app.url}/assets/gone.js`)
    expect(missing.status).toBe(404)
    expect(missing.headers.get('cache-control')).toBeNull()
  })

  it('answers HEAD with the headers alone', async () => {
    const head = await fetch(`${app.url}/`, { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.headers.get('content-type')).toMatch(/^text\/html/)
    expect(await head.text()).toBe('')
  })

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets//../../secret.txt',
    '/assets/%252e%252e/%252e%252e/secret.txt',
    '/assets/main-abc123.js%00',
    '/%00',
    '/assets/%',
    '/assets/',
    '/assets',
    '/secret.txt',
  ])('gives nothing away at %s', async (path) => {
    const { status, body } = await app.raw(path)
    expect(body).not.toContain('secret\n')
    expect(body.endsWith('secret')).toBe(false)
    expect([400, 404]).toContain(status)
  })

  it('says what is wrong where it is not built', async () => {
    const empty = await startApp({ editorRoot: join(directory, 'nothing') })
    for (const path of ['/', '/p/notes']) {
      const response = await fetch(empty.url + path)
      expect(response.status).toBe(503)
      expect(await response.text()).toBe(
        'There is no editor page here. In a checkout of Quire, npm run build makes it.\n',
      )
    }
    await empty.stop()
  })
})

describe('every answer', () => {
  const EVERYWHERE = {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': expect.stringContaining('camera=()'),
    'x-request-id': expect.stringMatching(/^[\w-]{36}$/),
  }

  it.each(['/', '/p/notes', '/assets/app.js', '/nothing.txt'])(
    'at %s keeps foreign scripts and frames out of a page',
    async (path) => {
      const { headers } = await fetch(app.url + path)
      expect(Object.fromEntries(headers)).toMatchObject(EVERYWHERE)
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
          "img-src * data:; connect-src 'self'; object-src 'none'; " +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      )
      expect(headers.has('strict-transport-security')).toBe(false)
    },
  )

  it.each(['/health/live', '/nothing', '/api/v1/documents', '/d/a/as-update', '/check_store'])(
    'at %s runs nothing and loads nothing, should a browser show it as a page',
    async (path) => {
      const { headers } = await fetch(app.url + path)
      expect(Object.fromEntries(headers)).toMatchObject(EVERYWHERE)
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
      )
    },
  )

  it('has the id that its request came with, if it is a short and plain one', async () => {
    const idOf = async (id: string): Promise<string | null> => {
      const { headers } = await fetch(`${app.url}/health/live`, { headers: { 'X-Request-Id': id } })
      return headers.get('x-request-id')
    }
    expect(await idOf('job-7_a=')).toBe('job-7_a=')
    for (const id of ['x'.repeat(65), 'a b', 'a"b', '<b>', 'é'])
      expect(await idOf(id)).toMatch(/^[\w-]{36}$/)
  })

  it('names what is not there', async () => {
    const response = await fetch(`${app.url}/nothing/here`)
    expect(response.status).toBe(404)
    expect(await response.text()).toBe('There is nothing at /nothing/here\n')
  })
})
