import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono, type Context } from 'hono'
import { compress } from 'hono/compress'
import { etag } from 'hono/etag'
import { FILE, keepForEver, revalidate } from './editor.ts'
import { operationsPageFields } from './page-fields.ts'

/** Where the page of operations is, and below it what it follows. */
export const OPERATIONS_PATH = '/admin'

/** The built page: beside `dist` where this is a package, and where its sources are in a checkout. */
export const OPERATIONS_ROOT = ((): string => {
  const packed = fileURLToPath(new URL('../../operations', import.meta.url))
  const built = new URL('../../../web/operations/dist', import.meta.url)
  return existsSync(packed) ? packed : fileURLToPath(built)
})()

const PAGE = `${OPERATIONS_PATH}/`
const ASSETS = `${OPERATIONS_PATH}/assets/*`
const FILES = `${OPERATIONS_PATH}${FILE}`

/** The built page of operations. It holds nothing that anybody may not see: what it shows it asks for with a login. */
export const operationsPageRoutes = (root: string, basePath: string, isTls: boolean): Hono => {
  const routes = new Hono()
  for (const path of [OPERATIONS_PATH, PAGE, ASSETS, FILES])
    routes.use(path, operationsPageFields(isTls))
  // its files are beside it, which takes the slash
  routes.get(OPERATIONS_PATH, (c) => c.redirect(`${basePath}${PAGE}`, 308))
  if (!existsSync(join(root, 'index.html')))
    return routes.get(PAGE, (c: Context) => c.text(NOT_BUILT, 503))
  const rewriteRequestPath = (path: string): string =>
    path.slice(basePath.length + OPERATIONS_PATH.length)
  for (const path of [PAGE, ASSETS, FILES]) routes.use(path, compress(), etag())
  routes.get(PAGE, serveStatic({ root, path: 'index.html', onFound: revalidate }))
  routes.get(ASSETS, serveStatic({ root, rewriteRequestPath, onFound: keepForEver }))
  routes.get(FILES, serveStatic({ root, rewriteRequestPath, onFound: revalidate }))
  return routes
}

const NOT_BUILT =
  'There is no page of operations here. In a checkout of Quire, npm run build makes it.\n'
