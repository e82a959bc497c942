/* npm run build: everything that is served or run. */
import { buildEditor, buildServer } from './build-steps.ts'

const server = await buildServer()
const editor = server === 0 ? await buildEditor() : 0
process.exit(server || editor)
