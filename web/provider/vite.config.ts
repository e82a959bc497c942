import { defineConfig } from 'vite'

/** One file for whoever installs the package: what is private to this repository is inside, the rest is not. */
export default defineConfig({
  resolve: { conditions: ['quire-source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    minify: false,
    lib: { entry: 'src/index.ts', formats: ['es'], fileName: 'index' },
    rolldownOptions: { external: [/^yjs$/, /^lib0\//, /^y-protocols\//] },
  },
})
