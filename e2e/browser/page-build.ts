import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { build, defaultClientConditions } from 'vite'
import { ROOT } from '../scripts/run.ts'

/** What is built of a page. */
interface PageBuild {
  /** Its directory: a name in `pages`, or a path from the repository's root. */
  readonly page: 'y-sweet-react' | 'offline' | 'react' | `web/examples/${string}`
  /** The path that it is served at. */
  readonly base: `/${string}`
  readonly mode: 'production' | 'development'
  /** A script instead of the page's own. */
  readonly main?: string
}

/** A file by the path that it is served at. */
export type BuiltFile = readonly [path: string, content: string | Uint8Array]

/** Bundles a page; its HTML is at the base. */
export const buildPage = async ({
  page,
  base,
  mode,
  main,
}: PageBuild): Promise<readonly BuiltFile[]> => {
  const built = await build({
    configFile: false,
    root: page.startsWith('web/') ? join(ROOT, page) : join(import.meta.dirname, 'pages', page),
    base,
    mode,
    logLevel: 'warn',
    plugins: [
      react(),
      {
        name: 'main',
        load: (id) => (main !== undefined && id.endsWith('/main.tsx') ? main : null),
      },
    ],
    resolve: { conditions: ['quire-source', ...defaultClientConditions] },
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
    build: { write: false, minify: false },
  })
  if (!('output' in built)) throw new Error('the page was not built once')
  return built.output.map((file) => [
    base + (file.fileName === 'index.html' ? '' : file.fileName),
    file.type === 'chunk' ? file.code : file.source,
  ])
}
