/*
 * Updates that pass every check of single updates and break the document they go to, as PROTOCOL.md §3
 * says: V1 to V3, byte by byte.
 */
import * as encoding from 'lib0/encoding'
import { readUpdate, type Update } from '@quire/shared'

/** What breaks a document once `before` is in it. */
export interface Poison {
  readonly rule: string
  readonly before: readonly Update[]
  readonly breaks: Update
}

const accepted = (...bytes: readonly number[]): Update => acceptedBytes(Uint8Array.from(bytes))

const acceptedBytes = (bytes: Uint8Array): Update => {
  const contents = readUpdate(bytes)
  if (!contents.ok) throw new Error(`poison does not pass: ${contents.error.message}`)
  return contents.value.update
}

const LEVELS = 50_000

/** Types of client 7, each in the one before it. */
const nest = (): Update =>
  acceptedBytes(
    encoding.encode((out) => {
      for (const value of [1, LEVELS, 7, 0]) encoding.writeVarUint(out, value)
      for (let level = 0; level < LEVELS; level++) {
        encoding.writeUint8(out, 7)
        if (level === 0) encoding.writeUint8Array(out, Uint8Array.of(1, 1, 0x74))
        else for (const value of [0, 7, level - 1]) encoding.writeVarUint(out, value)
        encoding.writeVarUint(out, 0)
      }
      encoding.writeVarUint(out, 0)
    }),
  )

/** Deletes the first tick of client 7. */
const deleteFirst = accepted(0, 1, 7, 1, 0, 1)

/** All of them speak of clients 7 and 8, so that honest ones are best given other ids. */
export const poisons: readonly Poison[] = [
  {
    rule: 'V1',
    before: [accepted(1, 1, 7, 0, 0, 1, 0)], // GC of one tick
    breaks: accepted(1, 1, 7, 0, 4, 1, 1, 0x74, 2, 0x61, 0x62, 0), // "ab" from the same tick on
  },
  {
    rule: 'V2',
    before: [
      // a map in the root "t" that holds the text "ab" under "k"; then "c" behind its "a"
      accepted(1, 2, 7, 0, 7, 1, 1, 0x74, 1, 0x24, 0, 7, 0, 1, 0x6b, 2, 0x61, 0x62, 0),
      accepted(1, 1, 8, 0, 0x84, 7, 1, 1, 0x63, 0),
    ],
    breaks: deleteFirst,
  },
  { rule: 'V3', before: [nest()], breaks: deleteFirst },
]
