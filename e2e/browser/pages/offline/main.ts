import {
  connect,
  type Connected,
  type KeptDocument,
  type OfflineStore,
  type ProviderState,
} from '@quire/provider'
import { createIndexedDbStore, encryptWith, unheard, type Keeping } from '@quire/provider/offline'
import { labelled, labelsIn, offlineRules } from '@quire/provider/testing'
import type { Update } from '@quire/shared'
import * as Y from 'yjs'
import type { OfflineApi, Timing } from './api.ts'
import { framedDevice } from './frames.ts'

const rules = offlineRules()
const stores = new Map<string, OfflineStore>()
const heard: Update[] = []
const inherited: Update[] = []
const problems: string[] = []
let opened: KeptDocument | null = null
let keeping: Keeping | undefined
let connected: Connected | null = null

const storeOf = (name: string): OfflineStore => {
  const store = stores.get(name) ?? createIndexedDbStore({ name, ...(keeping && { keeping }) })
  stores.set(name, store)
  return store
}

const own = (): KeptDocument => {
  if (opened === null) throw new Error('no document is open')
  return opened
}

const labelOf = (update: Update): string => labelsIn([update]).join()

const time = async (store: string, document: string): Promise<Timing> => {
  const start = performance.now()
  const result = await storeOf(store).open(document, unheard)
  if (!result.ok) throw new Error(result.error.message)
  const openMs = performance.now() - start
  const { updates, unsaved } = result.value.kept
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  const loadedMs = performance.now() - start
  const characters = doc.getText('text').length
  return { openMs, loadedMs, updates: updates.length, unsaved: unsaved.length, characters }
}

const fill = async (base64: string, edits: number): Promise<void> => {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)) as Uint8Array as Update // by Yjs
  own().changedThere(bytes)
  const doc = new Y.Doc()
  Y.applyUpdate(doc, bytes)
  doc.on('update', (update: Uint8Array) => own().changedHere(update as Update)) // by Yjs
  const text = doc.getText('text')
  for (let i = 0; i < edits; i++) {
    text.insert((i * 97) % text.length, 'x')
    if (i % 10 === 9) await own().flush()
  }
  await own().flush()
}

/** Resolves, with milliseconds, once the connected document is in such a state. */
const becomes = (is: (state: ProviderState) => boolean): Promise<number> => {
  const start = performance.now()
  const { promise, resolve } = Promise.withResolvers<number>()
  const look = (): void => {
    if (is(linked().state)) resolve(performance.now() - start)
  }
  const undo = linked().subscribe(look)
  look()
  return promise.finally(undo)
}

const linked = (): Connected => {
  if (connected === null) throw new Error('no document is connected')
  return connected
}

const edit = async (edits: number): Promise<void> => {
  const text = linked().doc.getText('text')
  for (let i = 0; i < edits; i++) text.insert((i * 97) % (text.length + 1), 'x')
  await becomes(({ unsaved }) => unsaved.unkept === 0)
}

const offline: OfflineApi = {
  rules: rules.map(({ title }) => title),
  run: async (asked) => {
    const rule = rules.find(({ title }) => title === asked)
    if (rule === undefined) throw new Error(`there is no rule ${asked}`)
    const device = await framedDevice()
    try {
      await rule.run(device)
    } finally {
      await device.dispose()
    }
  },
  unlock: async (words) => {
    const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(words))
    keeping = encryptWith(
      await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']),
    )
    stores.clear()
  },
  store: storeOf,
  open: async (store, document) => {
    const result = await storeOf(store).open(document, {
      changed: (update) => void heard.push(update),
      belongs: () => {},
      kept: () => {},
      inherited: (unsaved) => void inherited.push(...unsaved.map(({ update }) => update)),
      problem: (problem) => void problems.push(problem?.kind ?? 'works'),
    })
    if (!result.ok) return `${result.error.kind}: ${result.error.message}`
    opened = result.value
    return null
  },
  change: (label) => own().changedHere(labelled(label)),
  flush: async () => {
    const result = await own().flush()
    return result.ok ? null : `${result.error.kind}: ${result.error.message}`
  },
  saved: (keys) => own().saved(keys),
  seen: () => {
    const { updates, unsaved } = own().kept
    return {
      labels: labelsIn([...updates, ...heard]),
      unsaved: [...unsaved.map(({ update }) => update), ...inherited].map(labelOf),
      problems,
    }
  },
  fill,
  time,
  connect: (url, document) => {
    const { token } = window
    connected = connect({
      url,
      document,
      token,
      doc: new Y.Doc(),
      offline: storeOf('connected'),
    })
    return becomes(({ local }) => local === 'open')
  },
  edit,
  comeBack: () => {
    dispatchEvent(new Event('online'))
    return becomes(({ kind, saved }) => kind === 'live' && saved)
  },
  connected: () => ({ state: linked().state, characters: linked().doc.getText('text').length }),
}

Object.assign(window, { offline })
