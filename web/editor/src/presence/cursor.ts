import { isRecord, ownField } from '../json.ts'

/*
 * The `cursor` field of a peer's presence: two Yjs relative positions as JSON (yjs,
 * `RelativePosition`). They are rebuilt field by field, because resolving an unchecked one may
 * throw, or create the root type a foreign `tname` names in our document.
 */

/** An item's identity in a Yjs document. */
interface ItemId {
  readonly client: number
  readonly clock: number
}

/** A Yjs relative position as JSON, checked. */
export interface CursorPosition {
  readonly type: ItemId | null
  readonly tname: string | null
  readonly item: ItemId | null
  readonly assoc: number
}

/** A peer's selection, checked. */
export interface Cursor {
  readonly anchor: CursorPosition
  readonly head: CursorPosition
}

/** Reads a cursor that points into the fragment `field`; anything else is `null`. */
export function parseCursor(raw: unknown, field: string): Cursor | null {
  if (!isRecord(raw)) return null
  const anchor = parsePosition(ownField(raw, 'anchor'), field)
  const head = parsePosition(ownField(raw, 'head'), field)
  return anchor === null || head === null ? null : { anchor, head }
}

function parsePosition(raw: unknown, field: string): CursorPosition | null {
  if (!isRecord(raw)) return null
  const item = parseItemId(ownField(raw, 'item'))
  const type = parseItemId(ownField(raw, 'type'))
  const tname = ownField(raw, 'tname') ?? null
  if (item === 'broken' || type === 'broken') return null
  if (tname !== null && tname !== field) return null
  if (item === null && type === null && tname === null) return null
  const assoc = ownField(raw, 'assoc')
  return { type, tname: tname === null ? null : field, item, assoc: before(assoc) ? -1 : 0 }
}

function parseItemId(raw: unknown): ItemId | null | 'broken' {
  if (raw === undefined || raw === null) return null
  if (!isRecord(raw)) return 'broken'
  const client = ownField(raw, 'client')
  const clock = ownField(raw, 'clock')
  return isCounter(client) && isCounter(clock) ? { client, clock } : 'broken'
}

function isCounter(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function before(assoc: unknown): boolean {
  return typeof assoc === 'number' && assoc < 0
}
