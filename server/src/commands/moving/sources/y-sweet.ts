/*
 * y-sweet's file store: a directory for each document, named by its id, with a file `data.ysweet`. That is the map of
 * bytes to bytes of its key-value store, written by bincode 1 (github.com/jamsocket/y-sweet, y-sweet-core/sync_kv.rs):
 * all numbers little-endian, of 8 bytes,
 *
 *   entries, then for each: length, key, length, value
 *
 * The keys are those of yrs-kvstore (github.com/y-crdt/yrs-persistence, yrs-kvstore/keys.rs), numbers in them big-endian:
 *
 *   00 00 name… 00            the document's number, 4 bytes; y-sweet calls the only one of a file `doc`
 *   00 01 number 00           its state, a Yjs update
 *   00 01 number 01           its state vector
 *   00 01 number 02 clock 00  an update that is not in the state yet
 *   00 01 number 03 name… 00  what else is known of it
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LeftOut, type Source, type SourceDocument } from '../source.ts'
import { readWithin } from './files.ts'

/** The file of a document, in its directory. */
export const Y_SWEET_FILE = 'data.ysweet'

const NUMBER_BYTES = 8
const DOCUMENT = Buffer.from([0, 0, ...Buffer.from('doc'), 0])
const [STATE, UPDATE] = [0, 2]

/** The entries of a map that bincode has written; throws where it is none. */
const entriesOf = function* (bytes: Buffer): Generator<readonly [key: Buffer, value: Buffer]> {
  let at = 0
  const number = (): number => {
    if (at + NUMBER_BYTES > bytes.length) throw new LeftOut(`it ends too early, at byte ${at}`)
    const value = bytes.readBigUInt64LE(at)
    at += NUMBER_BYTES
    return Number(value)
  }
  const part = (): Buffer => {
    const length = number()
    if (length > bytes.length - at)
      throw new LeftOut(`byte ${at} is to be followed by ${length} more, and the file ends there`)
    at += length
    return bytes.subarray(at - length, at)
  }
  for (let left = number(); left > 0; left--) yield [part(), part()]
  if (at !== bytes.length) throw new LeftOut(`${bytes.length - at} bytes follow behind its end`)
}

/** The updates that a file holds, the state first; throws where it is no file of y-sweet's. */
export const updatesInYSweet = (bytes: Uint8Array): readonly Uint8Array[] => {
  const entries = [...entriesOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))]
  if (entries.length === 0) return []
  const number = entries.find(([key]) => key.equals(DOCUMENT))?.[1]
  if (number?.length !== 4)
    throw new LeftOut('it holds no document of the name that y-sweet gives it')
  const prefix = Buffer.concat([Buffer.from([0, 1]), number])
  return entries
    .filter(([key]) => {
      if (!key.subarray(0, prefix.length).equals(prefix)) return false
      const rest = key.subarray(prefix.length)
      return (rest.length === 1 && rest[0] === STATE) || (rest.length === 6 && rest[0] === UPDATE)
    })
    .map(([, value]) => new Uint8Array(value))
}

/** A directory with the documents' directories, or that of one document. */
export const openYSweet = async (folder: string): Promise<Source> => {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
  const document = (name: string): SourceDocument => ({
    kind: 'document',
    name,
    at: `${name}/${Y_SWEET_FILE}`,
    bytes: null,
    read: async (limit) => {
      const bytes = await readWithin(join(folder, name, Y_SWEET_FILE), limit)
      return { kind: 'updates', updates: updatesInYSweet(bytes) }
    },
  })
  return {
    total: names.length,
    async *documents() {
      for (const name of names) yield document(name)
    },
    close: () => Promise.resolve(),
  }
}
