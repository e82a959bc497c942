import { connect } from '@quire/provider'
import type { OfflineStore } from '@quire/provider'
import { unheard } from '@quire/provider/offline'
import type { DocName, Update } from '@quire/shared'
import * as Y from 'yjs'

import { copyName } from '../names/copy-name.ts'
import type { Random } from '../names/random-name.ts'

/** A server that has not saved a copy by then is taken for none, milliseconds. Large copies take seconds. */
const sendMs = 20_000

/** What a copy is made with. */
export interface Copying {
  readonly name: DocName
  readonly doc: Y.Doc
  readonly store: OfflineStore
  readonly serverUrl: string
  readonly random: Random
}

/** What came of it: the name of the copy, or why there is none. */
export type Copied =
  | { readonly ok: true; readonly name: DocName }
  | { readonly ok: false; readonly why: string }

/**
 * Makes a copy of a document under a name that nothing has. When it resolves, the copy is on this device's disk,
 * to be sent when it is opened, or else on the server's.
 */
export async function keepCopy(copying: Copying): Promise<Copied> {
  const { name, doc, store, random } = copying
  const kept = await store.documents()
  const taken = new Set(kept.ok ? kept.value : [])
  let copy = copyName(name, random)
  while (taken.has(copy)) copy = copyName(name, random)
  const content = Y.encodeStateAsUpdate(doc) as Update // Yjs wrote it
  if (await isKeptHere(store, copy, content)) return { ok: true, name: copy }
  const why = await send(copying, copy, content)
  return why === null ? { ok: true, name: copy } : { ok: false, why }
}

async function isKeptHere(store: OfflineStore, name: DocName, content: Update): Promise<boolean> {
  const opened = await store.open(name, unheard)
  if (!opened.ok) return false
  const document = opened.value
  document.changedHere(content)
  const { ok } = await document.flush()
  await document.close()
  return ok
}

/** To the server, where this device keeps nothing; resolves with why that did not work, or null. */
async function send(
  { serverUrl }: Copying,
  name: DocName,
  content: Update,
): Promise<string | null> {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, content)
  const connected = connect({ url: serverUrl, document: name, doc, presence: false })
  let isLate = false
  const limit = setTimeout(() => {
    isLate = true
    connected.close() // which ends the wait below
  }, sendMs)
  const sent = await connected.flush()
  clearTimeout(limit)
  connected.close()
  doc.destroy()
  if (sent.ok) return null
  return isLate
    ? `this device keeps nothing, and the server did not save it within ${sendMs / 1_000} seconds`
    : sent.error.message
}
