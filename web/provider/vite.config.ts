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
        react: 'src/react/index.ts',
        offline: 'src/offline/index.ts',
        node: 'src/offline/file/index.ts',
      },
      formats: ['es'],
    },
    // the package itself as well: of what its first entry keeps, such as connections, there is one
    rolldownOptions: {
      external: [/^@quire\/provider$/, /^react$/, /^yjs$/, /^lib0\//, /^y-protocols\//, /^node:/],
    },
  },
})
