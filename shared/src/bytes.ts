/*
 * Bytes branded by meaning, so that a swap is a type error. A brand says what the bytes *mean* and
 * that a codec has looked at them; it does not say who owns them: each function documents that.
 */

declare const meaning: unique symbol

/** Bytes that carry the meaning `M`. */
export type Bytes<M extends string> = Uint8Array & { readonly [meaning]: M }

/** One whole WebSocket message as it goes over the wire in some dialect. */
export type Frame = Bytes<'frame'>

/** A Yjs update, format V1, that `readUpdate` has accepted. */
export type Update = Bytes<'update'>

/** A Yjs state vector: per client the number of clock ticks that are known without a gap. */
export type StateVector = Bytes<'state-vector'>

/** A Yjs delete set: per client the ranges of clock ticks that are deleted. */
export type DeleteSet = Bytes<'delete-set'>

/** A client's own number for how much it has said, which the server hands back as it came. */
export type Mark = Bytes<'mark'>

/** The state vector of an empty document: no client known. */
export const EMPTY_STATE_VECTOR = Uint8Array.of(0) as StateVector // one varUint: zero clients

/** The update that changes nothing: no structs, no deletes. */
export const EMPTY_UPDATE = Uint8Array.of(0, 0) as Update // zero clients, empty delete set

/** Memory that a kept view may waste besides its own length: frame headers and small neighbours. */
const SLACK_BYTES = 64

/**
 * The same bytes, pinning at most about twice their length: the view itself, or a copy where it is a
 * small part of a large buffer, which would live as long as the view does. Never a Node `Buffer`, whose
 * `slice` does not copy.
 */
export const ownBytes = <B extends Uint8Array>(view: B): B => {
  const { buffer, byteOffset, byteLength, constructor } = view
  if (buffer.byteLength > 2 * byteLength + SLACK_BYTES)
    return new Uint8Array(view) as Uint8Array as B
  if (constructor === Uint8Array) return view
  return new Uint8Array(buffer, byteOffset, byteLength) as B // B is a brand on the bytes
}

/** True if both hold the same bytes. */
export const bytesEqual = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** One new array with the bytes of all parts. */
export const concatBytes = (parts: readonly Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
