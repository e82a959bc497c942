import { navigate } from 'wouter/use-browser-location'

import { isRecord, ownField } from '../json.ts'
import { docHref } from '../names/doc-name.ts'
import { randomDocName } from '../names/random-name.ts'

/** Goes to a new document, which opens without waiting for anything. */
export function beginDocument(): void {
  navigate(docHref(randomDocName(Math.random)), { state: { begun: true } })
}

/** Whether an entry of the history is of a document that was begun there; it says so over a reload, too. */
export const isBegun = (state: unknown): boolean =>
  isRecord(state) && ownField(state, 'begun') === true
