import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono, type Context } from 'hono'
import { compress } from 'hono/compress'
import { etag } from 'hono/etag'
import { pageFields } from './page-fields.ts'

/** A file of the build beside its page. */
export const FILE = '/:file{[^/]+\\.[a-z0-9]+}'

const YEAR_SECONDS = 31_536_000

/**
 * The built editor: `/` and `/p/{name…}` are its page, asked for again each time; what the build named
 * by its content never changes.
 */
export const editorRoutes = (root: string, isTls: boolean): Hono => {
  const routes = new Hono()
  for (const path of ['/', '/p/*', '/assets/*', FILE]) routes.use(path, pageFields(isTls))
  if (!existsSync(join(root, 'index.html'))) {
    const notBuilt = (c: Context) =>
      c.text('There is no editor page here. In a checkout of Quire, npm run build makes it.\n', 503)
    return routes.get('/', notBuilt).get('/p/*', notBuilt)
  }
  const page = serveStatic({ root, path: 'index.html', onFound: revalidate })
  routes.use(compress(), etag())
  routes.get('/', page)
  routes.get('/p/*', page)
  routes.get('/assets/*', serveStatic({ root, onFound: keepForEver }))
  routes.get(FILE, serveStatic({ root, onFound: revalidate }))
  return routes
}

/** It is asked for again each time. */
export const revalidate = (_path: string, c: Context): void => c.header('Cache-Control', 'no-cache')

/** What is named by its content never changes. */
export const keepForEver = (_path: string, c: Context): void =>
  c.header('Cache-Control', `public, max-age=${YEAR_SECONDS}, immutable`)
