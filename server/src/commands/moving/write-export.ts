/* What an export writes: one file of lines, or a folder with a file for each document and a list of them. */
import { join } from 'node:path'
import { parseDocName, readUpdate, type DocName, type Update } from '@quire/shared'
import { contentBytes } from '../../http/api/told.ts'
import type { Content, Json } from '../../ports/content.ts'
import { extensions, fileNameOf, plainFileNameOf } from './file-names.ts'
import { MOST_FINDINGS } from './findings.ts'
import { MANIFEST, type ContentKind } from './folder-manifest.ts'
import type { Exported, Origin } from './origin.ts'
import { mustNotBeThere, startFile, type PartialFile } from './partial-file.ts'

/** A document that is not in an export, or not all of it, and why. */
interface Finding {
  readonly name: string
  readonly reason: string
}

/** What came of an export. */
export interface Export {
  readonly documents: number
  /** Of what was written. */
  readonly bytes: number
  /** Documents that could not be read. */
  readonly failed: number
  /** They, and those of which not all is in it; the first `MOST_FINDINGS`. */
  readonly findings: readonly Finding[]
  /** All of them, counted. */
  readonly found: number
}

/** What all exports need. */
export interface ExportOptions {
  readonly origin: Origin
  readonly signal: AbortSignal
  /** Called with how many documents were written. */
  readonly onProgress: (done: number) => void
}

type Document = Extract<Exported, { kind: 'document' }>['line']

interface Written {
  readonly bytes: number
  /** What of the document is not in it, null where all is. */
  readonly lack: string | null
}

/** Writes every document by `write`, and counts. */
const exportAll = async (
  { origin, signal, onProgress }: ExportOptions,
  list: PartialFile,
  write: (line: Document) => Promise<Written>,
): Promise<Export> => {
  let [documents, bytes, failed, found] = [0, 0, 0, 0]
  const findings: Finding[] = []
  const tell = (name: string, reason: string): void => {
    found++
    if (findings.length < MOST_FINDINGS) findings.push({ name, reason })
  }
  const fail = async (name: string, detail: string): Promise<void> => {
    failed++
    tell(name, detail)
    await list.write(`${JSON.stringify({ name, result: 'failed', detail })}\n`)
  }
  for await (const one of origin.documents()) {
    signal.throwIfAborted()
    if (one.kind === 'failed') await fail(one.name, one.detail)
    else
      try {
        const written = await write(one.line)
        bytes += written.bytes
        if (written.lack !== null) tell(one.line.name, written.lack)
        onProgress(++documents)
      } catch (thrown) {
        if (!(thrown instanceof Unreadable)) throw thrown
        await fail(one.line.name, thrown.message)
      }
  }
  const end = { done: true, documents, failed }
  await list.write(`${JSON.stringify(end)}\n`)
  return { documents, bytes, failed, findings, found }
}

/** Lines to standard output. */
const toStandardOutput: PartialFile = {
  write: (text) =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
    }),
  finish: () => Promise.resolve(),
  discard: () => Promise.resolve(),
}

/** Writes an export as lines of JSON to a file, or to standard output (`-`). Throws where it is not whole. */
export const writeLines = async (
  options: ExportOptions,
  file: string,
  mayReplace: boolean,
): Promise<Export> => {
  const list = file === '-' ? toStandardOutput : await startFile(file, mayReplace)
  try {
    const written = await exportAll(options, list, async (line) => {
      const text = `${JSON.stringify(line)}\n`
      await list.write(text)
      return { bytes: Buffer.byteLength(text), lack: null }
    })
    await list.finish()
    return written
  } finally {
    await list.discard()
  }
}

/** A document that has no such form. */
class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

interface Form {
  readonly content: Content
  readonly as: ContentKind
  /** The Yjs type that is read; null: where the editor writes. */
  readonly field: string | null
}

/** A document's content in a form, as the bytes of its file. */
const contentOf = async ({ content, as, field }: Form, update: Uint8Array): Promise<Uint8Array> => {
  if (as === 'update') return update
  const read = await content.readAs(update as Update, { format: as, field }) // as it was exported
  if (!read.ok) throw new Unreadable(`it cannot be read as ${as}: ${read.error.message}`)
  return contentBytes(as, read.value.value)
}

/** A field without anything in it, not even an empty paragraph. */
const isBare = (value: Json): boolean =>
  value === '' || (typeof value === 'object' && value !== null && !('content' in value))

/** Said where a file is empty, as the document's content is not where it was looked for. */
const lackOf = async (
  { content, as, field }: Form,
  bytes: Uint8Array,
  update: Uint8Array,
): Promise<string | null> => {
  if (as === 'update' || as === 'json' || bytes.length > 0) return null
  const contents = readUpdate(update)
  if (!contents.ok || contents.value.deletes.hasAll(contents.value.structs)) return null
  const read = await content.readAs(contents.value.update, { format: 'json', field })
  if (!read.ok || !isBare(read.value.value)) return null
  return 'it is empty where it was read, and has content elsewhere: --field names the Yjs type'
}

/** Paths that are given, as a file system takes them that knows no capital letters. */
class Paths {
  readonly #taken = new Set<string>()

  /** The path of a document's file; a plainer one where another document has it there. */
  of(name: DocName, extension: string): string {
    const path = fileNameOf(name, extension)
    const folded = path.normalize('NFC').toLowerCase()
    if (this.#taken.has(folded)) return plainFileNameOf(name, extension)
    this.#taken.add(folded)
    return path
  }
}

/** Writes an export to a folder; its list comes last, and says that it is whole. Throws where it is not. */
export const writeFolder = async (
  options: ExportOptions & Form,
  folder: string,
  mayReplace: boolean,
): Promise<Export> => {
  const { as } = options
  const manifest = join(folder, MANIFEST)
  mustNotBeThere(manifest, mayReplace)
  const list = await startFile(manifest, mayReplace)
  const paths = new Paths()
  try {
    await list.write(`${JSON.stringify({ format: 'quire-folder', version: 1, as })}\n`)
    const written = await exportAll(options, list, async ({ update, ...line }) => {
      const name = parseDocName(line.name)
      if (!name.ok) throw new Unreadable(name.error.message)
      const state = new Uint8Array(Buffer.from(update, 'base64'))
      const bytes = await contentOf(options, state)
      const path = paths.of(name.value, extensions[as])
      const file = await startFile(join(folder, path), mayReplace)
      try {
        await file.write(bytes)
        await file.finish()
      } finally {
        await file.discard()
      }
      await list.write(`${JSON.stringify({ ...line, file: path })}\n`)
      return { bytes: bytes.length, lack: await lackOf(options, bytes, state) }
    })
    await list.finish()
    return written
  } finally {
    await list.discard()
  }
}
