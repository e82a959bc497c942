/* The page of operations as it is served, and where a program embeds Quire. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { startApi } from '../testing/api-server.ts'
import { OPERATIONS_PATH, operationsPageRoutes } from './operations-page.ts'

const root = mkdtempSync(join(tmpdir(), 'quire-page-'))
mkdirSync(join(root, 'assets'))
writeFileSync(join(root, 'index.html'), '<!doctype html><title>Operations</title>')
writeFileSync(join(root, 'assets/a-1.js'), '1')
writeFileSync(join(root, 'favicon.svg'), '<svg/>')
afterAll(() => rmSync(root, { recursive: true }))

const served = async (basePath: string, from = root) => {
  const app = new Hono().route(
    basePath === '' ? '/' : basePath,
    operationsPageRoutes(from, basePath, false),
  )
  const listener = getRequestListener((request) => app.fetch(request))
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // TCP: not a pipe
  return (path: string) =>
    fetch(`http://127.0.0.1:${port}${basePath}${OPERATIONS_PATH}${path}`, { redirect: 'manual' })
}

describe.each(['', '/collab', '/admin'])('mounted at %j', (basePath) => {
  it('is at the path with its slash, and asked for again each time', async () => {
    const ask = await served(basePath)
    const without = await ask('')
    expect([without.status, without.headers.get('location')]).toEqual([308, `${basePath}/admin/`])
    const page = await ask('/')
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-cache'])
    expect(await page.text()).toContain('<title>Operations</title>')
  })

  it('has files that never change, and files that may', async () => {
    const ask = await served(basePath)
    const asset = await ask('/assets/a-1.js')
    expect([asset.status, asset.headers.get('cache-control')]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ])
    expect((await ask('/favicon.svg')).status).toBe(200)
    expect((await ask('/assets/other.js')).status).toBe(404)
    expect((await ask('/assets/..%2findex.html')).status).toBe(404)
  })

  it('runs no script and takes no style but its own, and stands in no frame', async () => {
    const ask = await served(basePath)
    const policy = (await ask('/')).headers.get('content-security-policy') ?? ''
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
    ])
      expect(policy.split('; ')).toContain(rule)
    expect(policy).not.toContain('unsafe')
  })
})

it('says so where it was not built', async () => {
  const page = await (await served('', join(root, 'assets')))('/')
  expect([page.status, await page.text()]).toEqual([503, expect.stringContaining('npm run build')])
})

it('is the host’s path in a program that embeds Quire, unless it wants the page', async () => {
  const without = await startApi()
  expect((await without.raw('/admin/')).status).toBe(404)
  expect((await without.raw('/admin/sync')).status).toBe(404)
  const withPage = await startApi({ operations: true, basePath: '/collab' })
  const sync = await withPage.raw('/collab/admin/sync')
  expect([sync.status, sync.text]).toEqual([426, expect.stringContaining('WebSocket')])
  expect((await withPage.raw('/collab/admin')).headers['location']).toBe('/collab/admin/')
  expect((await withPage.raw('/admin/')).status).toBe(404)
})
