/*
 * lib0's `any` encoding, as it stands inside updates (ContentAny, options of subdocuments). One tag
 * byte, then by tag (lib0 encoding.js `writeAny`):
 *
 *   127 undefined   126 null    125 varInt      124 float32 (4)   123 float64 (8)   122 int64 (8)
 *   121 false       120 true    119 varString   118 object: varUint n, n × (varString key, any)
 *   117 array: varUint n, n × any               116 bytes: varUint n, n bytes
 *
 * The key `__proto__` is refused: lib0 reads it by assignment, so it becomes the prototype, and an object
 * whose prototype is a byte array throws whenever Yjs writes it again.
 */
import { limits } from '../limits.ts'
import type { ByteReader } from './byte-reader.ts'

const OBJECT = 118

/** Checks and skips one value; a problem latches in the reader. */
export const skipAny = (reader: ByteReader, what: string): void => skipValue(reader, what, 0)

/** Checks and skips a value that must be an object without any of the keys `refused`. */
export const skipObject = (reader: ByteReader, what: string, refused: readonly string[]): void => {
  if (reader.byte(what) !== OBJECT) return reader.fail('unknown', `${what} are not an object`)
  skipEntries(reader, what, 0, refused)
}

const skipValue = (reader: ByteReader, what: string, depth: number): void => {
  if (depth > limits.nestingDepth)
    return reader.fail('limit', `${what} nests deeper than the limit ${limits.nestingDepth}`)
  const tag = reader.byte(what)
  switch (tag) {
    case 127:
    case 126:
    case 121:
    case 120:
      return
    case 125:
      return reader.skipVarInt(what)
    case 124:
      return reader.skip(4, what)
    case 123:
    case 122:
      return reader.skip(8, what)
    case 119:
      return void reader.skipString(what)
    case OBJECT:
      return skipEntries(reader, what, depth, [])
    case 117:
      return skipItems(reader, what, depth)
    case 116:
      return reader.skipBytes(what)
    default:
      reader.fail('unknown', `${what} has the unknown tag ${tag}`)
  }
}

// each entry takes at least a byte, so in both loops a count that lies ends at the first missing one

const skipItems = (reader: ByteReader, what: string, depth: number): void => {
  const count = reader.varUint(what)
  for (let i = 0; i < count && reader.problem === null; i++) skipValue(reader, what, depth + 1)
}

const skipEntries = (
  reader: ByteReader,
  what: string,
  depth: number,
  refused: readonly string[],
): void => {
  const count = reader.varUint(what)
  for (let i = 0; i < count && reader.problem === null; i++) {
    const key = reader.string(what)
    if (key === '__proto__' || refused.includes(key))
      return reader.fail('forbidden', `${what} hold the key "${key}"`)
    skipValue(reader, what, depth + 1)
  }
}
