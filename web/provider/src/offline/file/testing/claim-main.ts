/* A process that opens a store of files whenever it is asked to, and says how that went. */
import { createFileStore } from '../file.ts'

const [directory = ''] = process.argv.slice(2)
const store = createFileStore({ directory })
const nobody = {
  changed: () => {},
  belongs: () => {},
  kept: () => {},
  inherited: () => {},
  problem: () => {},
}

const attempt = async (): Promise<void> => {
  const opened = await store.open('notes', nobody)
  process.stdout.write(`${opened.ok ? 'open' : opened.error.message}\n`)
}

process.stdin.on('data', () => void attempt())
await attempt()
