import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const repository = import.meta.dirname

/** Where `npm start` listens; the dev server hands sockets and health checks on to it. */
const devServer = 'http://127.0.0.1:4400'

/** Packages that change together share a chunk, so a release invalidates only what it touched. */
const chunks = [
  { name: 'react', test: /node_modules\/(react|react-dom|scheduler|wouter|regexparam)\// },
  { name: 'yjs', test: /node_modules\/(yjs|lib0|y-protocols)\// },
  { name: 'highlight', test: /node_modules\/(highlight\.js|lowlight|devlop)\// },
  { name: 'interface', test: /node_modules\/(@base-ui|@floating-ui|sonner|tabbable|reselect)\// },
  {
    name: 'prosemirror',
    test: /node_modules\/(prosemirror-|orderedmap|rope-sequence|w3c-keyname)/,
  },
  { name: 'tiptap', test: /node_modules\/(@tiptap|linkifyjs|fast-equals)/ },
]

export default defineConfig({
  // Vitest looks for tests below its root, the editor's build for index.html below its own.
  root: process.env['VITEST'] ? repository : `${repository}/web/editor`,
  plugins: [react(), tailwindcss()],
  resolve: { conditions: ['quire-source', 'module', 'browser', 'development|production'] },
  server: { proxy: { '/sync': { target: devServer, ws: true }, '/health': devServer } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    sourcemap: false,
    // No inline script may be needed: pages are served with script-src 'self'.
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: chunks } } },
  },
  test: {
    // Tests wait for conditions, not for time; this only ends what would never end.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // On two cores it would be one; most of the time is waiting for servers, proxies and clocks.
    maxWorkers: 3,
    projects: [
      {
        root: repository,
        resolve: { conditions: ['quire-source', 'node'] },
        ssr: { resolve: { conditions: ['quire-source', 'node'] } },
        test: {
          name: 'node',
          environment: 'node',
          include: [
            '{server,shared}/src/**/*.test.ts',
            'web/{editor,operations,provider}/src/**/*.test.ts',
            'e2e/**/*.test.ts',
          ],
        },
      },
    ],
  },
})
