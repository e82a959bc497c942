/* A process that opens a store of files whenever it is asked to, and says how that went. */
import { createFileStore } from '../file.ts'
import { unheard } from '../../store.ts'

const [directory = ''] = process.argv.slice(2)
const store = createFileStore({ directory })

const attempt = async (): Promise<void> => {
  const opened = await store.open('notes', unheard)
  process.stdout.write(`${opened.ok ? 'open' : opened.error.message}\n`)
}

process.stdin.on('data', () => void attempt())
await attempt()
