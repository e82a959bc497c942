import { millis } from '@quire/shared'
import type { DocName, Millis } from '@quire/shared'

import { isRecord, ownField } from '../json.ts'
import { parseLinkableName } from '../names/doc-name.ts'
import { maxTitleChars } from '../session/title.ts'
import { readJson } from '../storage.ts'
import type { TextStorage } from '../storage.ts'
import { createStore } from '../store.ts'
import type { Readable } from '../store.ts'

/** A document this browser opened. */
export interface RecentDocument {
  readonly name: DocName
  /** Its first line when last seen; may be empty. */
  readonly title: string
  readonly openedAt: Millis
}

/** The documents this browser opened, newest first, kept in storage. */
export interface Recents extends Readable<readonly RecentDocument[]> {
  /** Puts a document first, replacing its earlier entry. */
  remember: (opened: RecentDocument) => void
  /** Takes a document off the list; the document itself stays. */
  forget: (name: DocName) => void
  /** Reads the list again after another tab wrote it. */
  reload: () => void
}

/** Where the list is stored. */
export const recentsKey = 'quire:recents'

/** Most entries kept. */
export const maxRecents = 30

/** Reads the list from storage; broken entries are left out. */
export function createRecents(storage: TextStorage): Recents {
  const store = createStore(stored(storage))
  const write = (change: (list: readonly RecentDocument[]) => readonly RecentDocument[]): void => {
    // Another tab may have written since, so the change is applied to what is stored now.
    const list = change(stored(storage))
    storage.setItem(recentsKey, JSON.stringify(list))
    store.set(list)
  }
  return {
    ...store,
    remember: (opened) => write((list) => withRecent(list, opened)),
    forget: (name) => write((list) => list.filter((entry) => entry.name !== name)),
    reload: () => store.set(stored(storage)),
  }
}

/** The list with `opened` first and at most {@link maxRecents} entries. */
export function withRecent(
  list: readonly RecentDocument[],
  opened: RecentDocument,
): readonly RecentDocument[] {
  const others = list.filter((entry) => entry.name !== opened.name)
  return [opened, ...others].slice(0, maxRecents)
}

/** Reads a stored list, which an older version or a person may have written. */
export function parseRecents(raw: unknown): readonly RecentDocument[] {
  if (!Array.isArray(raw)) return []
  return raw
    .slice(0, maxRecents)
    .map(parseRecent)
    .filter((entry) => entry !== null)
}

function parseRecent(raw: unknown): RecentDocument | null {
  if (!isRecord(raw)) return null
  const name = ownField(raw, 'name')
  const title = ownField(raw, 'title')
  const openedAt = ownField(raw, 'openedAt')
  if (typeof name !== 'string' || !isDate(openedAt)) return null
  const parsed = parseLinkableName(name)
  if (!parsed.ok) return null
  return {
    name: parsed.value,
    title: typeof title === 'string' ? title.slice(0, 2 * maxTitleChars) : '',
    openedAt: millis(openedAt),
  }
}

function stored(storage: TextStorage): readonly RecentDocument[] {
  return parseRecents(readJson(storage, recentsKey))
}

/** Whether `Date` can hold the number (ECMAScript, time range). */
function isDate(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(new Date(value).getTime())
}
