import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { build } from 'vite'

/** What is built of the page. */
interface PageBuild {
  /** The path that it is served at. */
  readonly base: `/${string}`
  readonly mode: 'production' | 'development'
  /** A script instead of the page's own. */
  readonly main?: string
}

/** A file by the path that it is served at. */
type BuiltFile = readonly [path: string, content: string | Uint8Array]

const ROOT = fileURLToPath(new URL('pages/y-sweet-react', import.meta.url))

/** Bundles the page of y-sweet's React package; its HTML is at the base. */
export const buildPage = async ({ base, mode, main }: PageBuild): Promise<readonly BuiltFile[]> => {
  const built = await build({
    configFile: false,
    root: ROOT,
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
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
    build: { write: false, minify: false },
  })
  if (!('output' in built)) throw new Error('the page was not built once')
  return built.output.map((file) => [
    base + (file.fileName === 'index.html' ? '' : file.fileName),
    file.type === 'chunk' ? file.code : file.source,
  ])
}
