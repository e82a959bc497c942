import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vite'

import type { Shell, ShellFile } from './web/editor/src/service-worker/shell.ts'

const editor = `${import.meta.dirname}/web/editor`
const dist = `${editor}/dist`
const script = 'service-worker.js'

function shellFile(file: string): ShellFile {
  const hash = createHash('sha256').update(readFileSync(`${dist}/${file}`))
  const path = file === 'index.html' ? '/' : `/${file}`
  return { path, integrity: `sha256-${hash.digest('base64')}` }
}

/** All files of the build of the page, which comes before this one. */
function builtShell(): Shell {
  const built = globSync('**/*.*', { cwd: dist }).filter((file) => file !== script)
  const files = built.toSorted().map((file) => shellFile(file.replaceAll('\\', '/')))
  const version = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16)
  return { version, files }
}

/** The service worker: one script, without a hash in its name, which the browser asks for again at each visit. */
export default defineConfig({
  publicDir: false,
  define: { SHELL: JSON.stringify(builtShell()) },
  build: {
    outDir: dist,
    emptyOutDir: false,
    rolldownOptions: {
      input: `${editor}/src/service-worker/main.ts`,
      output: { format: 'iife', entryFileNames: script },
    },
  },
})
