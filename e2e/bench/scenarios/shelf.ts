/* Many documents of some 50 KB, on disk. */
import { encodeStateVectorFromUpdate } from 'yjs'
import { joined, updatesOf } from '../load/corpus.ts'
import { seedDocument, type Written } from '../load/documents.ts'
import type { Running } from '../servers/server.ts'
import { session } from './material.ts'

const CLIENT = 4_242
const KEYSTROKES = 13_600
const KEYSTROKES_PER_UPDATE = 800
const AT_A_TIME = 10

let document: Promise<Written> | undefined

/** A document of some 50 KB, as it was written in 17 pieces. */
export const mediumDocument = (): Promise<Written> =>
  (document ??= session().then((transactions) => {
    const updates = updatesOf(transactions.slice(0, KEYSTROKES), CLIENT, KEYSTROKES_PER_UPDATE)
    const update = joined(updates)
    return { update, stateVector: encodeStateVectorFromUpdate(update), updates }
  }))

/** Writes so many of them, called 0, 1 and so on, and waits until the server has them on disk and ended. */
export const fillShelf = async (server: Running, count: number): Promise<Written> => {
  const written = await mediumDocument()
  for (let i = 0; i < count; i += AT_A_TIME) {
    const names = Array.from({ length: Math.min(AT_A_TIME, count - i) }, (_, k) => `shelf-${i + k}`)
    await Promise.all(names.map((name) => seedDocument(server, name, written)))
  }
  await server.end('SIGTERM')
  return written
}
