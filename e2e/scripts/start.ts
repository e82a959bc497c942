/* npm start: builds what is missing or older than its sources, then becomes the server. */
import { spawn } from 'node:child_process'
import { COMMAND, commandLine } from '../harness/command.ts'
import {
  areOperationsBuilt,
  buildEditor,
  buildOperations,
  buildServer,
  isEditorBuilt,
} from './build-steps.ts'
import { ROOT } from './run.ts'

const built =
  (await buildServer()) ||
  (isEditorBuilt() ? 0 : await buildEditor()) ||
  (areOperationsBuilt() ? 0 : await buildOperations())
if (built !== 0) process.exit(built)

const { flags, env } = commandLine()
const server = spawn(process.execPath, [...flags, COMMAND, 'serve', ...process.argv.slice(2)], {
  env: { ...env, ...process.env },
  cwd: ROOT,
  stdio: 'inherit',
})
// Ctrl-C reaches the server from the terminal as well; a second signal changes nothing there
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill(signal))
server.once('exit', (code) => process.exit(code ?? 1))
