import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'

/** The page of operations. Its files stand beside it, wherever the server is mounted. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  publicDir: '../editor/public', // its mark, and the script that keeps a chosen theme from flashing
  plugins: [react(), tailwindcss()],
  resolve: { conditions: ['quire-source', ...defaultClientConditions] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // no inline script and no inline style may be needed: the policy allows neither
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
})
