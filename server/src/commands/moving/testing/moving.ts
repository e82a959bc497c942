/* Exports and imports as the commands run them, in this process, with the memory and the words of tests. */
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { applyUpdate, Doc, encodeStateAsUpdate } from 'yjs'
import type { Result } from '@quire/shared'
import type { Done, NotDone, Output } from '../../output.ts'
import { noProgress } from '../../progress.ts'
import { exportDocuments, type ExportOptions } from '../export-work.ts'
import { importDocuments, type ImportOptions } from '../import-work.ts'

/** A folder until the test is over. */
export const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'quire-moving-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder with these files. */
export const folderOf = (files: Readonly<Record<string, string | Uint8Array>>): string => {
  const folder = newFolder()
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

/** A document with a text, as one update. */
export const updateOf = (text: string): Uint8Array => {
  const doc = new Doc()
  doc.getText('body').insert(0, text)
  return encodeStateAsUpdate(doc)
}

/** The text of a document. */
export const textOf = (update: Uint8Array): string => {
  const doc = new Doc()
  applyUpdate(doc, update)
  return doc.getText('body').toJSON()
}

/** What a command has to say to nobody; `signal` ends it. */
export const quiet = (signal: AbortSignal = new AbortController().signal): Output => ({
  signal,
  note: () => undefined,
  progress: () => noProgress,
})

const where = { token: null, isDataDirGiven: false, maxDocumentBytes: 64 * 1024 * 1024 }

/** What a command that is done has reported; throws what it says where it is not. */
const reported = (result: Result<Done, NotDone>): Record<string, unknown> & { lines: string } => {
  if (!result.ok) throw new Error(result.error.message)
  const { report, lines, hasFindings } = result.value
  return { ...report, hasFindings, lines: lines.join('\n') }
}

/** `quire import`. */
export const runImport = async (
  source: string,
  options: Partial<ImportOptions> & { readonly dataDir: string },
  output: Output = quiet(),
) =>
  reported(
    await importDocuments(
      source,
      { ...where, from: 'auto', prefix: '', existing: 'skip', ...options },
      output,
    ),
  )

/** `quire export`. */
export const runExport = async (
  to: string,
  options: Partial<ExportOptions> & { readonly dataDir: string },
  output: Output = quiet(),
) => reported(await exportDocuments(to, { ...where, prefix: '', as: 'update', ...options }, output))
