/*
 * What validation does not catch: PROTOCOL.md names these cases V1 to V6, this file shows each. A test that
 * fails here because Yjs no longer minds is good news: then its case leaves PROTOCOL.md.
 */
import * as encoding from 'lib0/encoding'
import { expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { readUpdate } from './update.ts'

vi.setConfig({ testTimeout: 60_000 }) // thousands of runs, on machines that do other things too

const accepted = (...bytes: number[]): Uint8Array => acceptedBytes(Uint8Array.from(bytes))

const acceptedBytes = (bytes: Uint8Array): Uint8Array => {
  const read = readUpdate(bytes)
  if (!read.ok) throw new Error(read.error.message)
  return read.value.update
}

test('[V1] two contents for the same ids: the second one may throw in Yjs', () => {
  const collected = accepted(1, 1, 7, 0, 0, 1, 0) // GC of one tick
  const text = accepted(1, 1, 7, 0, 4, 1, 1, 0x74, 2, 0x61, 0x62, 0) // "ab" from the same tick on
  const doc = new Y.Doc()
  Y.applyUpdate(doc, collected)
  expect(() => Y.applyUpdate(doc, text)).toThrow(TypeError)
  expect(() => Y.mergeUpdates([collected, text])).not.toThrow()
})

test('[V2] content of several ticks under a key, cut in two, throws when its parent is deleted', () => {
  const doc = new Y.Doc()
  const map = [7, 1, 1, 0x74, 1] // a map in the root "t"
  const value = [0x24, 0, 7, 0, 1, 0x6b, 2, 0x61, 0x62] // in it, under "k", the text "ab"
  Y.applyUpdate(doc, accepted(1, 2, 7, 0, ...map, ...value, 0))
  Y.applyUpdate(doc, accepted(1, 1, 8, 0, 0x84, 7, 1, 1, 0x63, 0)) // "c" after its "a"
  expect(() => Y.applyUpdate(doc, accepted(0, 1, 7, 1, 0, 1))).toThrow(Error)
})

test('[V3] types nested in types, thousands deep, exhaust the stack when the outermost is deleted', () => {
  const depth = 50_000
  const out = encoding.createEncoder()
  for (const value of [1, depth, 7, 0]) encoding.writeVarUint(out, value)
  for (let level = 0; level < depth; level++) {
    encoding.writeUint8(out, 7)
    if (level === 0) encoding.writeUint8Array(out, Uint8Array.of(1, 1, 0x74))
    else for (const value of [0, 7, level - 1]) encoding.writeVarUint(out, value)
    encoding.writeVarUint(out, 0)
  }
  encoding.writeVarUint(out, 0)
  const doc = new Y.Doc()
  Y.applyUpdate(doc, acceptedBytes(encoding.toUint8Array(out)))
  expect(() => Y.applyUpdate(doc, accepted(0, 1, 7, 1, 0, 1))).toThrow(Error)
})

test('[V4] structs that wait for ids nobody will write wait for ever', () => {
  const doc = new Y.Doc()
  const a = [1, 9, 0, 0x84, 8, 0, 1, 0x61] // client 9 after client 8, and the other way round
  const b = [1, 8, 0, 0x84, 9, 0, 1, 0x62]
  Y.applyUpdate(doc, accepted(2, ...a, ...b, 0))
  expect(doc.store.pendingStructs).not.toBeNull()
  expect(doc.store.clients.size).toBe(0)
})

test('[V5] ids can be deleted before they are written: what comes with them is gone at once', () => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, accepted(0, 1, 7, 1, 0, 100))
  Y.applyUpdate(doc, accepted(1, 1, 7, 0, 4, 1, 1, 0x74, 2, 0x61, 0x62, 0))
  expect(doc.getText('t').toJSON()).toBe('')
})

test('[V6] content that its parent does not expect throws when the parent is read', () => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, accepted(1, 1, 7, 0, 8, 1, 1, 0x74, 1, 126, 0)) // null as a child
  expect(() => doc.getXmlFragment('t').toJSON()).toThrow(TypeError)
  expect(() => Y.encodeStateAsUpdate(doc)).not.toThrow()
})
