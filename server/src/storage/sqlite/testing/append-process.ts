import { writeSync } from 'node:fs'
import { millis, parseDocName, type DocId, type Update } from '@quire/shared'
import { openSqliteStorage } from '../open.ts'

/*
 * A process for tests to start and to kill: node append-process.ts DIRECTORY [append]
 *
 * Opens the storage in DIRECTORY and prints one JSON line: {"opened": pid} or {"refused": problem}.
 * With `append` it then appends without end, three batches in flight, and prints a line for each
 * acknowledged entry, written at once and unbuffered: {"doc", "first", "texts"}. Ends when its
 * standard input does.
 */

const documents = ['x', 'y', 'z']
const lanes = 3

const print = (line: object): void => {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

const [, , dataDir = '', mode] = process.argv
const opened = await openSqliteStorage({ dataDir, url: 'http://localhost:4400' })
if (!opened.ok) {
  print({ refused: opened.error })
  process.exit(1)
}
const storage = opened.value

const idOf = async (raw: string): Promise<DocId> => {
  const name = parseDocName(raw)
  if (!name.ok) throw new Error(name.error.message)
  const document = await storage.open(name.value)
  if (!document.ok) throw new Error(document.error.message)
  return document.value.id
}

const appendWithoutEnd = async (docs: readonly DocId[], lane: number): Promise<never> => {
  for (let n = 0; ; n++) {
    const entries = docs.slice(0, 1 + (n % docs.length)).map((doc, i) => ({
      doc,
      texts: Array.from(
        { length: 1 + ((n + i) % 3) },
        (_, k) => `${process.pid}.${lane}.${n}.${k}`,
      ),
    }))
    const batch = entries.map(({ doc, texts }) => ({
      doc,
      updates: texts.map((text) => new TextEncoder().encode(text) as Update), // not looked into
    }))
    const landed = await storage.append(batch, millis(Date.now()))
    if (!landed.ok) throw new Error(landed.error.message)
    landed.value.forEach(({ doc, first }, i) => print({ doc, first, texts: entries[i]?.texts }))
  }
}

print({ opened: process.pid })
process.stdin.resume().once('end', () => process.exit(0))
if (mode === 'append') {
  const docs = await Promise.all(documents.map(idOf))
  await Promise.all(Array.from({ length: lanes }, (_, lane) => appendWithoutEnd(docs, lane)))
}
