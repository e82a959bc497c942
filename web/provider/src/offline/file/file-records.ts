/* Records in files, one for each document. Contents of open documents are held in memory. */
import { createHash, randomUUID } from 'node:crypto'
import { bytesEqual, err, ok, type Result } from '@quire/shared'
import { adopt, append, fold, hasEnded } from '../contents.ts'
import {
  NOTHING_KEPT,
  type Batch,
  type Contents,
  type DocumentRecords,
  type LogSize,
  type Records,
  type Written,
} from '../records.ts'
import type { StoreProblem } from '../store.ts'
import { contentsOf } from './contents-of.ts'
import { foreignIn, type Disk } from './disk.ts'
import { decodeFrames, encodeFrame, holdFrame, VERSION, type Frame } from './frames.ts'

const ENDING = '.quire'
const NOTE = 'note'

/** Bytes that hold the header of any file: a label is a name, perhaps encrypted. */
const HEADER_BYTES = 4096

const fileOf = (key: string): string => createHash('sha256').update(key).digest('hex') + ENDING

/** The records in a directory, which nobody else writes to. */
export const fileRecords = (disk: Disk): Records => {
  const open = new Map<string, FileDocument>()
  return {
    note: async (proposed) => {
      const found = await disk.read(NOTE)
      if (!found.ok || found.value !== null) return found.ok ? ok(found.value ?? proposed) : found
      const written = await disk.replace(NOTE, proposed)
      return written.ok ? ok(proposed) : written
    },
    document: async (key, label) => {
      const document = open.get(key) ?? new FileDocument(disk, { key, label })
      open.set(key, document)
      document.openers++
      const close = async (): Promise<void> => {
        if (--document.openers === 0) open.delete(key)
      }
      const loaded = await document.inTurn(() => document.load())
      if (!loaded.ok) await close()
      return loaded.ok ? ok({ ...operationsOf(document), close }) : loaded
    },
    labels: async () => {
      const files = await disk.list()
      if (!files.ok) return files
      const labels: Uint8Array[] = []
      for (const file of files.value.filter((name) => name.endsWith(ENDING))) {
        const start = await disk.read(file, HEADER_BYTES)
        if (!start.ok) return start
        const frames = decodeFrames(start.value ?? new Uint8Array(0))
        if (!frames.ok) return err(inFile(file, frames.error))
        const header = frames.value.frames[0]
        if (header?.kind === 'header') labels.push(header.label)
      }
      return ok(labels)
    },
    close: async () => undefined,
  }
}

const operationsOf = (document: FileDocument): Omit<DocumentRecords, 'close'> => ({
  read: () => document.inTurn(async () => ok(document.contents)),
  write: (batch) => document.inTurn(() => document.write(batch)),
  adopt: (adoption) =>
    document.inTurn(async () => {
      const adopted = adopt(document, adoption)
      if (!adopted.ok) return adopted
      document.contents = adopted.value.contents // only for this process: with it, all openers are gone
      return ok(adopted.value.answer)
    }),
  fold: (life, numbers, bytes) => document.inTurn(() => document.fold(life, numbers, bytes)),
  clear: () => document.inTurn(() => document.clear()),
})

/** A document that somebody in this process has open. */
class FileDocument {
  readonly document: string
  contents: Contents = NOTHING_KEPT
  openers = 0
  readonly #disk: Disk
  readonly #file: string
  readonly #label: Uint8Array
  #isLoaded = false
  /** Bytes of the file that are whole. */
  #length = 0
  /** What may be behind the end, whole or in part: of the attempts that failed since the last success. At most two. */
  #attempts: readonly Uint8Array[] = []
  #turn: Promise<unknown> = Promise.resolve()

  constructor(disk: Disk, { key, label }: { readonly key: string; readonly label: Uint8Array }) {
    this.#disk = disk
    this.#label = label
    this.#file = fileOf(key)
    this.document = key
  }

  /** Does one thing after the other. */
  inTurn<T>(act: () => Promise<Result<T, StoreProblem>>): Promise<Result<T, StoreProblem>> {
    const done = this.#turn.then(act)
    this.#turn = done
    return done
  }

  async load(): Promise<Result<void, StoreProblem>> {
    if (this.#isLoaded) return ok(undefined)
    const file = await this.#disk.read(this.#file)
    if (!file.ok) return file
    const bytes = file.value ?? new Uint8Array(0)
    const decoded = decodeFrames(bytes)
    if (!decoded.ok) return err(inFile(this.#file, decoded.error))
    const { frames, length } = decoded.value
    if (frames.length > 0 && frames[0]?.kind !== 'header')
      return err(inFile(this.#file, { kind: 'broken', message: 'it does not begin with a header' }))
    this.contents = contentsOf(frames, length)
    this.#length = length
    this.#isLoaded = true
    return ok(undefined)
  }

  async write(batch: Batch): Promise<Result<Written, StoreProblem>> {
    const appended = append(this, batch, randomUUID())
    if (!appended.ok) return appended
    const { contents, answer } = appended.value
    const { number } = answer
    const frame = encodeFrame({
      kind: 'batch',
      position: batch.position,
      log: batch.log === null ? [] : [{ ...batch.log, number }],
      unsaved: batch.unsaved.map((entry, index) => ({ ...entry, key: { number, index } })),
      saved: batch.saved,
    })
    const bytes = this.contents.life === null ? this.#headed(answer.life, frame) : frame
    const written = await this.#disk.write(this.#file, this.#length, bytes, (rest) => {
      if (!this.#mayCut(rest)) return false
      this.#attempts = [...this.#attempts, bytes]
      return true
    })
    if (!written.ok) return written
    this.#attempts = []
    this.#length += bytes.length
    const size = { ...contents.size, tailBytes: this.#length - contents.size.foldedBytes }
    this.contents = { ...contents, size }
    return ok({ ...answer, size })
  }

  async fold(
    life: string,
    numbers: readonly number[],
    bytes: Uint8Array,
  ): Promise<Result<LogSize | null, StoreProblem>> {
    if (hasEnded(life, this.contents)) return ok(null)
    const { contents, answer } = fold(this.contents, numbers, bytes)
    if (answer === null) return ok(null)
    const found = await this.#disk.read(this.#file)
    if (!found.ok) return found
    if (!this.#mayCut((found.value ?? new Uint8Array(0)).subarray(this.#length)))
      return err(foreignIn(this.#file))
    const snapshot = encodeFrame({ kind: 'snapshot', ...contents, foldedBytes: answer.foldedBytes })
    const file = this.#headed(life, snapshot)
    const written = await this.#disk.replace(this.#file, file)
    if (!written.ok) return written
    this.#attempts = []
    this.#length = file.length
    this.contents = contents
    return ok(answer)
  }

  async clear(): Promise<Result<string | null, StoreProblem>> {
    const removed = await this.#disk.remove(this.#file)
    if (!removed.ok) return removed
    const { life } = this.contents
    this.contents = NOTHING_KEPT
    this.#attempts = []
    this.#length = 0
    return ok(life)
  }

  /**
   * Whether what is behind the end is nobody's: no whole frame, or left by an attempt of this process. Otherwise
   * another process writes here, which the claim of a directory cannot rule out between network namespaces.
   */
  #mayCut(rest: Uint8Array): boolean {
    if (rest.length === 0) {
      this.#attempts = []
      return true
    }
    const own = this.#attempts.find((bytes) => startsWith(bytes, rest))
    if (own === undefined && holdFrame(rest)) return false
    this.#attempts = own === undefined ? [] : [own]
    return true
  }

  #headed(life: string, frame: Uint8Array): Uint8Array {
    const header: Frame = { kind: 'header', version: VERSION, life, label: this.#label }
    return Buffer.concat([encodeFrame(header), frame])
  }
}

const startsWith = (bytes: Uint8Array, start: Uint8Array): boolean =>
  bytesEqual(bytes.subarray(0, start.length), start)

const inFile = (file: string, { kind, message }: StoreProblem): StoreProblem => ({
  kind,
  message: `what is kept in ${file} cannot be used: ${message}`,
})
