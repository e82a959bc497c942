import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { publishedEntries, publishTypes } from './publish-types.ts'
import { ROOT, run } from './run.ts'

/** What the build of the editor writes last. */
const EDITOR_LAST = join(ROOT, 'web/editor/dist/service-worker.js')

/** What the build of the page of operations writes last. */
const OPERATIONS_LAST = join(ROOT, 'web/operations/dist/index.html')

/** Compiles the server and what it needs; only what has changed. */
export const buildServer = (): Promise<number> => run('tsc', ['-b', 'shared', 'server'])

/** Bundles the client package, and writes its types. */
export const buildProvider = async (): Promise<number> => {
  const compiled = await run('tsc', ['-b', 'web/provider', 'web/provider/tsconfig.node.json'])
  if (compiled !== 0) return compiled
  const config = 'web/provider/vite.config.ts'
  const bundled = await run('vite', ['build', 'web/provider', '-c', config, '--logLevel', 'warn'])
  if (bundled === 0) publishTypes(publishedEntries(), join(ROOT, 'web/provider/dist/types'))
  return bundled
}

/** Bundles the editor, and then the worker that keeps all of it for when the network is away. */
export const buildEditor = async (): Promise<number> => {
  const page = await run('vite', ['build', '--logLevel', 'warn'])
  if (page !== 0) return page
  const config = 'vite.worker.config.ts'
  return run('vite', ['build', 'web/editor', '-c', config, '--logLevel', 'warn'])
}

/** Bundles the page of operations. */
export const buildOperations = (): Promise<number> => {
  const config = 'web/operations/vite.config.ts'
  return run('vite', ['build', 'web/operations', '-c', config, '--logLevel', 'warn'])
}

/** True if the bundle of the page of operations is newer than everything that it is made of. */
export const areOperationsBuilt = (): boolean =>
  isNewer(OPERATIONS_LAST, [
    'web/operations/src/**/*.*',
    'web/operations/*.{html,json,ts}',
    'web/editor/{src/{styles,theme,ui},public}/*.*',
    'web/editor/src/*.{ts,tsx}',
  ])

/** True if the editor's bundle is newer than everything that it is made of. */
export const isEditorBuilt = (): boolean =>
  isNewer(EDITOR_LAST, ['web/editor/{src,public}/**/*.*', 'web/editor/*.{html,json}'])

/** True if a file of a page's build is newer than these sources, and what all pages are made of. */
const isNewer = (built: string, own: readonly string[]): boolean => {
  if (!existsSync(built)) return false
  const builtAt = statSync(built).mtimeMs
  const sources = globSync(
    [...own, 'web/provider/src/**/*.ts', 'shared/src/**/*.ts', '*.{ts,json}'],
    { cwd: ROOT },
  )
  return sources.every((file) => statSync(join(ROOT, file)).mtimeMs <= builtAt)
}
