/* Edits of a document, as the updates that carry them. */
import * as Y from 'yjs'
import type { Update } from '@quire/shared'
import type { Change } from '../../ports/content.ts'
import { applyBlockEdits, applySteps, bring } from './bring.ts'
import { wantedOf } from './change.ts'
import type { RichSchema } from './content-schema.ts'
import { Refusal, refuse } from './limits.ts'
import {
  documentOf,
  readableRoot,
  rootKind,
  rootNames,
  rootOf,
  sharedKind,
  type RootKind,
  type SharedType,
} from './read-tree.ts'
import { defaultsIn } from './rich.ts'
import { Keys, type Attributes, type Tree } from './tree.ts'

/** The update that makes changes, one after the other; null where they change nothing. */
export const change = (
  update: Update,
  wishes: readonly Change[],
  rich: RichSchema | null,
): Update | null => {
  const doc = documentOf(update)
  return edited(doc, () => {
    for (const [i, wish] of wishes.entries())
      try {
        changeOnce(doc, wish, rich)
      } catch (error) {
        if (wishes.length > 1 && error instanceof Refusal) refuse(`step ${i}: ${error.message}`)
        throw error
      }
  })
}

const changeOnce = (doc: Y.Doc, wish: Change, rich: RichSchema | null): void => {
  const found = wantedOf(doc, wish, rich)
  const { name, kind, tree } = found
  const defaultsOf = kind === 'fragment' && rich !== null ? defaultsIn(rich.schema) : noDefaults
  const options = { keys: new Keys(defaultsOf), defaultsOf }
  const type = rootOf(doc, name, kind)
  if ('steps' in found) applySteps(type, found.steps)
  else if ('within' in found) applyBlockEdits(type, found.within)
  else bring(type, tree, found.wanted, options)
}

const noDefaults = (): Attributes => ({})

/** The update that makes all content what it is in `version`, null where it is that already. */
export const restore = (update: Update, version: Update): Update | null => {
  const doc = documentOf(update)
  const old = documentOf(version)
  const options = { keys: new Keys(), defaultsOf: noDefaults }
  const names = new Set([...rootNames(doc), ...rootNames(old)])
  return edited(doc, () => {
    for (const name of names) {
      const now = rootKind(doc, name)
      const then = rootKind(old, name)
      const shared = sharedKind(now, then)
      const kind = shared ?? now
      if (kind === null) continue // nothing was ever in it that is still known
      const isThere = then !== null && shared !== null
      const wanted = isThere ? readableRoot(old, name, kind) : EMPTY[kind]
      if (wanted === null) continue // nobody can tell what it was
      const type = rootOf(doc, name, kind)
      const before = readableRoot(doc, name, kind)
      if (before === null) clear(type)
      bring(type, before ?? EMPTY[kind], wanted, options)
    }
  })
}

/** Of what cannot be read, all is deleted. */
const clear = (type: SharedType): void => {
  if (type instanceof Y.Map) type.clear()
  else type.delete(0, type.length)
}

const EMPTY: Readonly<Record<RootKind, Tree>> = {
  fragment: { kind: 'fragment', children: [] },
  text: { kind: 'text', isXml: false, attributes: {}, runs: [] },
  map: { kind: 'map', hook: null, entries: {} },
  array: { kind: 'array', items: [] },
}

/** Only what this edit adds and deletes, not the deletes of all time, which a state diff would hold. */
const edited = (doc: Y.Doc, edit: () => void): Update | null => {
  let made: Update | null = null
  doc.on(
    'update',
    (update: Uint8Array, _origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
      if (transaction.local) made = update as Update // Yjs made it
    },
  )
  doc.transact(edit)
  return made
}
