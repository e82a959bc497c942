/*
 * The file of a document: frames, one after the other, each on the disk before the next is written.
 *
 *   Frame    = 'Quir' · u32 length · u32 CRC-32 of what follows · what follows       little end first
 *   file     = Header, Snapshot or Batch, Batch, Batch, …
 *   Header   = 0 · version · life · label                                             string, bytes
 *   Batch    = 1 · position · log · unsaved · saved
 *   Snapshot = 2 · next · foldedBytes · position · log · unsaved
 *
 *   position = 0 | 1 · epoch · seq
 *   log      = n × (number · updates · bytes)          in a batch: n is 0 or 1, and the number is the next one
 *   unsaved  = n × (number · index · at · bytes)
 *   saved    = n × (number · index)
 *
 * Integers are varUint, bytes and strings have a varUint length before them. So only the last frame can be torn
 * by a cut: what does not read at the end is cut off, and was promised to nobody. What does not read before a
 * frame that does is damage, and is left as it is.
 */
import { crc32 } from 'node:zlib'
import { ByteReader, err, ok, seq, type Result } from '@quire/shared'
import * as encoding from 'lib0/encoding'
import type { Contents, LogEntry, UnsavedEntry, UnsavedKey } from '../records.ts'
import type { Position, StoreProblem } from '../store.ts'

/** What begins a file. */
export interface Header {
  readonly kind: 'header'
  readonly version: number
  readonly life: string
  readonly label: Uint8Array
}

/** What is added. */
export interface BatchFrame extends Entries {
  readonly kind: 'batch'
  readonly saved: readonly UnsavedKey[]
}

/** All that there is, in the place of what was before. */
export interface SnapshotFrame extends Entries {
  readonly kind: 'snapshot'
  readonly next: number
  readonly foldedBytes: number
}

interface Entries extends Pick<Contents, 'position' | 'log'> {
  readonly unsaved: readonly Omit<UnsavedEntry, 'origin'>[]
}

/** One frame. */
export type Frame = Header | BatchFrame | SnapshotFrame

/** The version of what is written here. */
export const VERSION = 1

const MARK = Uint8Array.of(0x51, 0x75, 0x69, 0x72) // Quir
const HEAD_BYTES = 12

/** The bytes of a frame. */
export const encodeFrame = (frame: Frame): Uint8Array => {
  const out = encoding.createEncoder()
  switch (frame.kind) {
    case 'header':
      encoding.writeVarUint(out, 0)
      encoding.writeVarUint(out, frame.version)
      encoding.writeVarString(out, frame.life)
      encoding.writeVarUint8Array(out, frame.label)
      break
    case 'batch':
      encoding.writeVarUint(out, 1)
      writeEntries(out, frame)
      encoding.writeVarUint(out, frame.saved.length)
      for (const key of frame.saved) writeKey(out, key)
      break
    case 'snapshot':
      encoding.writeVarUint(out, 2)
      encoding.writeVarUint(out, frame.next)
      encoding.writeVarUint(out, frame.foldedBytes)
      writeEntries(out, frame)
  }
  const content = encoding.toUint8Array(out)
  const framed = new Uint8Array(HEAD_BYTES + content.length)
  framed.set(MARK)
  const view = new DataView(framed.buffer)
  view.setUint32(4, content.length, true)
  view.setUint32(8, crc32(content), true)
  framed.set(content, HEAD_BYTES)
  return framed
}

const writeEntries = (out: encoding.Encoder, { position, log, unsaved }: Entries): void => {
  encoding.writeVarUint(out, position === null ? 0 : 1)
  if (position !== null) {
    encoding.writeVarUint(out, position.epoch)
    encoding.writeVarUint(out, position.seq)
  }
  encoding.writeVarUint(out, log.length)
  for (const { number, updates, bytes } of log) {
    encoding.writeVarUint(out, number)
    encoding.writeVarUint(out, updates)
    encoding.writeVarUint8Array(out, bytes)
  }
  encoding.writeVarUint(out, unsaved.length)
  for (const { key, at, bytes } of unsaved) {
    writeKey(out, key)
    encoding.writeVarUint(out, at)
    encoding.writeVarUint8Array(out, bytes)
  }
}

const writeKey = (out: encoding.Encoder, { number, index }: UnsavedKey): void => {
  encoding.writeVarUint(out, number)
  encoding.writeVarUint(out, index)
}

/** The frames of a file, and the bytes that they take; what is after them is torn. */
export interface Frames {
  readonly frames: readonly Frame[]
  readonly length: number
}

/** Why a file does not read. */
export type FileProblem = StoreProblem & { readonly kind: 'broken' | 'newer' }

/** Reads a file. The error says where it is damaged, or that a newer version has written it. */
export const decodeFrames = (file: Uint8Array): Result<Frames, FileProblem> => {
  const frames: Frame[] = []
  let length = 0
  while (length < file.length) {
    const content = contentAt(file, length)
    if (content === null) {
      const later = frameAfter(file, length)
      if (later === null && (length > 0 || isTornStart(file))) break
      if (later === null) return err(broken('it is none of a document'))
      return err(broken(`it is damaged from byte ${length} to ${later}`))
    }
    const frame = decodeFrame(content)
    if (!frame.ok) return err(broken(`its frame at byte ${length} does not read: ${frame.error}`))
    if (frame.value.kind === 'header' && frame.value.version > VERSION)
      return err({ kind: 'newer', message: `it is of version ${frame.value.version}` })
    frames.push(frame.value)
    length += HEAD_BYTES + content.length
  }
  return ok({ frames, length })
}

/** Whether these bytes, which hold no frame, are what is left of the first one, perhaps with zeros behind it. */
const isTornStart = (file: Uint8Array): boolean => {
  const torn = MARK.findIndex((byte, i) => byte !== file[i])
  return torn < 0 || file.subarray(torn).every((byte) => byte === 0)
}

const broken = (message: string): FileProblem => ({ kind: 'broken', message })

/** The content of the frame that begins here; null if there is none that is whole. */
const contentAt = (file: Uint8Array, at: number): Uint8Array | null => {
  if (file.length - at <= HEAD_BYTES || MARK.some((byte, i) => file[at + i] !== byte)) return null
  const view = new DataView(file.buffer, file.byteOffset + at)
  const content = file.subarray(at + HEAD_BYTES, at + HEAD_BYTES + view.getUint32(4, true))
  const isWhole = content.length > 0 && content.length === view.getUint32(4, true)
  return isWhole && crc32(content) === view.getUint32(8, true) ? content : null
}

/** Whether a whole frame is anywhere in these bytes. */
export const holdFrame = (bytes: Uint8Array): boolean => frameAfter(bytes, -1) !== null

/** Where the next whole frame begins. */
const frameAfter = (file: Uint8Array, from: number): number | null => {
  for (
    let at = file.indexOf(MARK[0] ?? 0, from + 1);
    at >= 0;
    at = file.indexOf(MARK[0] ?? 0, at + 1)
  )
    if (contentAt(file, at) !== null) return at
  return null
}

const decodeFrame = (content: Uint8Array): Result<Frame, string> => {
  const reader = new ByteReader(content)
  const frame = readFrame(reader)
  return frame === null || reader.problem !== null
    ? err(reader.problem?.message ?? 'it is of an unknown kind')
    : ok(frame)
}

const readFrame = (reader: ByteReader): Frame | null => {
  switch (reader.varUint('kind')) {
    case 0: {
      const version = reader.varUint('version')
      // whatever a newer version says next is not for this one
      if (version > VERSION) return { kind: 'header', version, life: '', label: new Uint8Array(0) }
      const life = reader.string('life')
      return { kind: 'header', version, life, label: reader.bytes('label') }
    }
    case 1:
      return { kind: 'batch', ...readEntries(reader), saved: readList(reader, readKey) }
    case 2: {
      const next = reader.varUint('next')
      const foldedBytes = reader.varUint('foldedBytes')
      return { kind: 'snapshot', next, foldedBytes, ...readEntries(reader) }
    }
    default:
      return null
  }
}

const readEntries = (reader: ByteReader): Entries => ({
  position: reader.varUint('position') === 0 ? null : readPosition(reader),
  log: readList(reader, readLogEntry),
  unsaved: readList(reader, (from) => ({
    key: readKey(from),
    at: from.varUint('at'),
    bytes: from.bytes('bytes'),
  })),
})

const readPosition = (reader: ByteReader): Position => ({
  epoch: reader.varUint('epoch'),
  seq: seq(reader.varUint('seq')),
})

const readLogEntry = (reader: ByteReader): LogEntry => ({
  number: reader.varUint('number'),
  updates: reader.varUint('updates'),
  bytes: reader.bytes('bytes'),
})

const readKey = (reader: ByteReader): UnsavedKey => ({
  number: reader.varUint('number'),
  index: reader.varUint('index'),
})

const readList = <T>(reader: ByteReader, read: (reader: ByteReader) => T): readonly T[] => {
  const list: T[] = []
  for (let left = reader.varUint('count'); left > 0 && reader.problem === null; left--)
    list.push(read(reader))
  return list
}
