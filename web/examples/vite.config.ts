import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig } from 'vite'

const server = 'http://127.0.0.1:4400' // where `npm start` listens

/** `npm run examples`: each example is at the folder of its name. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  resolve: { conditions: ['quire-source', ...defaultClientConditions] },
  server: { proxy: { '/sync': { target: server, ws: true } } },
})
