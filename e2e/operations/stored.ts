/* Data directories of some size, made without a server. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStorage } from '@quire/server'
import { millis, parseDocName, type Update } from '@quire/shared'
import { onTestFinished } from 'vitest'
import { Doc, encodeStateAsUpdate } from 'yjs'

/** A directory until the test is over. */
export const newDirectory = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'quire-operations-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** A data directory with documents of so many random bytes, which no compression makes smaller. */
export const newDocuments = async (count: number, bytes: number): Promise<string> => {
  const dataDir = await newDirectory()
  const storage = await sqliteStorage({ dataDir })
  for (let i = 0; i < count; i++) {
    const name = parseDocName(`stored/${i}`)
    if (!name.ok) throw new Error(name.error.message)
    const opened = await storage.open(name.value)
    if (!opened.ok) throw new Error(opened.error.message)
    const doc = new Doc()
    doc.getMap('files').set('bytes', new Uint8Array(randomBytes(bytes)))
    const update = encodeStateAsUpdate(doc) as Update // Yjs made it
    const appended = await storage.append(
      [{ doc: opened.value.id, updates: [update] }],
      millis(Date.now()),
    )
    if (!appended.ok) throw new Error(appended.error.message)
  }
  await storage.close()
  return dataDir
}
