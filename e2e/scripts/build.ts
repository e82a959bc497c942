/* npm run build: everything that is served or run. */
import { buildEditor, buildOperations, buildProvider, buildServer } from './build-steps.ts'

const server = await buildServer()
const provider = server === 0 ? await buildProvider() : 0
const editor = server === 0 ? await buildEditor() : 0
const operations = server === 0 ? await buildOperations() : 0
process.exit(server || provider || editor || operations)
