import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono, type Context } from 'hono'
import { compress } from 'hono/compress'
import { etag } from 'hono/etag'
import { FILE, keepForEver, revalidate } from './editor.ts'
import { operationsPageFields } from './page-fields.ts'

/** Where the page of operations is, and below it what it follows. */
export const OPERATIONS_PATH = '/admin'

/** The built page of operations. It holds nothing that anybody may not see: what it shows it asks for with a login. */
export const operationsPageRoutes = (root: string, basePath: string, isTls: boolean): Hono => {
  const routes = new Hono()
  const files = ['/', '/assets/*', FILE]
  for (const path of files) routes.use(path, operationsPageFields(isTls))
  // its own files stand beside it
  routes.get('', (c, next) => {
    const { pathname } = new URL(c.req.url)
    return pathname.endsWith('/') ? next() : Promise.resolve(c.redirect(`${pathname}/`, 308))
  })
  if (!existsSync(join(root, 'index.html')))
    return routes.get('/', (c: Context) =>
      c.text(
        'There is no page of operations here. In a checkout of Quire, npm run build makes it.\n',
        503,
      ),
    )
  const rewriteRequestPath = (path: string): string =>
    path.slice(basePath.length + OPERATIONS_PATH.length)
  routes.use('/', compress(), etag())
  for (const path of files.slice(1)) routes.use(path, compress(), etag())
  routes.get('/', serveStatic({ root, path: 'index.html', onFound: revalidate }))
  routes.get('/assets/*', serveStatic({ root, rewriteRequestPath, onFound: keepForEver }))
  routes.get(FILE, serveStatic({ root, rewriteRequestPath, onFound: revalidate }))
  return routes
}
