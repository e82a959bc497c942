/*
 * The content of an item in an update (yjs structs/Content*.js):
 *
 *   Content = 1 deleted: varUint n          2 JSON: varUint n, n × varString (JSON or "undefined")
 *             3 binary: bytes               4 string: varString
 *             5 embed: varString JSON       6 format: varString key, varString JSON
 *             7 type: varUint 0-6, [3 | 5: varString name]
 *             8 any: varUint n, n × any     9 document: varString guid, any object of options
 */
import { skipAny, skipObject } from './any.ts'
import type { ByteReader } from './byte-reader.ts'
import { jsonProblem } from './json.ts'

/** Checks and skips a content of a kind; returns its length in clock ticks. */
export const skipContent = (reader: ByteReader, kind: number): number => {
  switch (kind) {
    case 1:
      return reader.varUint('length of deleted content')
    case 2:
      return skipEach(reader, 'JSON content', skipOldJson)
    case 3:
      reader.skipBytes('binary content')
      return 1
    case 4:
      return reader.skipString('text content')
    case 5:
      skipJson(reader, 'embedded content')
      return 1
    case 6:
      reader.skipString('name of a format')
      skipJson(reader, 'value of a format')
      return 1
    case 7:
      skipType(reader)
      return 1
    case 8:
      return skipEach(reader, 'content', skipAny)
    case 9:
      skipSubdocument(reader)
      return 1
    default:
      reader.fail('unknown', `content kind ${kind} is not known`)
      return 0
  }
}

const skipEach = (
  reader: ByteReader,
  what: string,
  skipOne: (reader: ByteReader, what: string) => void,
): number => {
  const count = reader.varUint(`number of values of ${what}`)
  for (let i = 0; i < count && reader.problem === null; i++) skipOne(reader, what)
  return count
}

const skipJson = (reader: ByteReader, what: string): void =>
  checkJson(reader, what, reader.string(what))

/** ContentJSON of Yjs before 13.5 writes `undefined` as that word. */
const skipOldJson = (reader: ByteReader, what: string): void => {
  const text = reader.string(what)
  if (text !== 'undefined') checkJson(reader, what, text)
}

const checkJson = (reader: ByteReader, what: string, text: string): void => {
  if (reader.problem !== null) return
  const problem = jsonProblem(text)
  if (problem !== null) reader.fail('json', `${what}: ${problem}`)
}

/** 0 array, 1 map, 2 text, 3 XML element, 4 XML fragment, 5 XML hook, 6 XML text. */
const skipType = (reader: ByteReader): void => {
  const type = reader.varUint('shared type')
  if (type > 6) reader.fail('unknown', `shared type ${type} is not known`)
  if (type === 3 || type === 5) reader.skipString('name of an XML node')
}

/**
 * Yjs spreads the options over the guid into `new Y.Doc`, and throws on null. A guid of null throws when
 * the document is written, a gcFilter that is not a function when something in the subdocument is deleted.
 */
const skipSubdocument = (reader: ByteReader): void => {
  reader.skipString('guid of a subdocument')
  skipObject(reader, 'options of a subdocument', ['guid', 'gcFilter'])
}
