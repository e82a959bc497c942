import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { publishedEntries, publishTypes } from './publish-types.ts'
import { ROOT, run } from './run.ts'

const EDITOR_PAGE = join(ROOT, 'web/editor/dist/index.html')

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

/** Bundles the editor. */
export const buildEditor = (): Promise<number> => run('vite', ['build', '--logLevel', 'warn'])

/** True if the editor's bundle is newer than everything that it is made of. */
export const isEditorBuilt = (): boolean => {
  if (!existsSync(EDITOR_PAGE)) return false
  const builtAt = statSync(EDITOR_PAGE).mtimeMs
  const sources = globSync(
    [
      'web/editor/{src,public}/**/*.*',
      'web/editor/{index.html,package.json,tsconfig.json}',
      'shared/src/**/*.ts',
      '*.{ts,json}',
    ],
    { cwd: ROOT },
  )
  return sources.every((file) => statSync(join(ROOT, file)).mtimeMs <= builtAt)
}
