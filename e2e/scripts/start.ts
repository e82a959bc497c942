/* npm start: builds what is missing or older than its sources, then becomes the server. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { buildEditor, buildServer, isEditorBuilt } from './build-steps.ts'
import { ROOT } from './run.ts'

const built = (await buildServer()) || (isEditorBuilt() ? 0 : await buildEditor())
if (built !== 0) process.exit(built)

const command = join(ROOT, 'server/bin/quire.js')
// as the command's first line has it
const flags = ['--max-semi-space-size=8']
const server = spawn(process.execPath, [...flags, command, 'serve', ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
})
// Ctrl-C reaches the server from the terminal as well; a second signal changes nothing there
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill(signal))
server.once('exit', (code) => process.exit(code ?? 1))
