/* The process of offline-typist.ts. */
import { createFileStore, unheard } from '@quire/provider/node'
import type { Update } from '@quire/shared'
import * as Y from 'yjs'

const [directory = ''] = process.argv.slice(2)

const opened = await createFileStore({ directory }).open('typed', {
  ...unheard,
  problem: (problem) => process.stdout.write(`problem ${problem?.kind ?? 'works'}\n`),
})
if (!opened.ok) throw new Error(opened.error.message)
const document = opened.value

const doc = new Y.Doc()
for (const update of document.kept.updates) Y.applyUpdate(doc, update)
doc.on('update', (update: Uint8Array) => {
  const key = document.changedHere(update as Update) // Yjs' own encoding
  if (key > 50) document.saved([key - 50])
})
const edits = doc.getArray<number>('edits')
for (;;) {
  edits.push([edits.length + 1])
  const flushed = await document.flush()
  if (flushed.ok) process.stdout.write(`kept ${edits.length}\n`)
  else await new Promise((resolve) => setTimeout(resolve, 20))
}
