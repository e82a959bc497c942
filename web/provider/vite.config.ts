import { defineConfig } from 'vite'

/** A file for each entry, for whoever installs the package: what is private to this repository is inside, the rest is not. */
export default defineConfig({
  resolve: { conditions: ['quire-source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    minify: false,
    lib: {
      entry: {
        index: 'src/index.ts',
        offline: 'src/offline/index.ts',
        node: 'src/offline/file/index.ts',
      },
      formats: ['es'],
    },
    rolldownOptions: { external: [/^yjs$/, /^lib0\//, /^y-protocols\//, /^node:/] },
  },
})
