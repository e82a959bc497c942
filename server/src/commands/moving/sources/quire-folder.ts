/* A folder that `quire export --format folder` has made. */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { millis } from '@quire/shared'
import { byteLines } from '../byte-lines.ts'
import { authorsFrom, lineBytes, parseJson, readDocumentLine } from '../document-line.ts'
import { folderHead, folderLine, MANIFEST, type ContentKind } from '../folder-manifest.ts'
import type { Broken, Reading, Source, SourceContent, SourceDocument } from '../source.ts'
import { readTextWithin, readWithin } from './files.ts'

const WRONG_HEAD = `the first line of ${MANIFEST} is none of an export of Quire's`

const contentOf = async (
  file: string,
  as: ContentKind,
  { authors, limit }: { authors: Parameters<typeof authorsFrom>[0]; limit: number },
): Promise<SourceContent> =>
  as === 'update'
    ? { kind: 'updates', updates: [await readWithin(file, limit)], authors: authorsFrom(authors) }
    : { kind: 'seed', format: as, text: await readTextWithin(file, limit) }

const documentOf = (
  folder: string,
  as: ContentKind,
  { text, at }: { text: string; at: string },
): SourceDocument | Broken => {
  const read = folderLine.safeParse(parseJson(text))
  if (!read.success) {
    const [issue] = read.error.issues
    const reason = `${issue?.path.join('.')}: ${issue?.message}`
    return { kind: 'broken', name: null, at, reason }
  }
  const { name, file, createdAt, authors } = read.data
  return {
    kind: 'document',
    name,
    at: file,
    bytes: null,
    ...(createdAt !== undefined && { createdAt: millis(Date.parse(createdAt)) }),
    read: (limit) => contentOf(join(folder, file), as, { authors, limit }),
  }
}

/** A folder with a list in it. */
export const openQuireFolder = (folder: string, { documentBytes }: Reading): Source => {
  const stream = createReadStream(join(folder, MANIFEST))
  return {
    total: null,
    async *documents() {
      let as: ContentKind | null = null
      let isWhole = false
      for await (const line of byteLines(stream, lineBytes(documentBytes))) {
        const at = `${MANIFEST}, line ${line.number}`
        if (line.kind === 'problem') yield { kind: 'broken', name: null, at, reason: line.problem }
        else if (as === null) {
          const head = folderHead.safeParse(parseJson(line.text))
          if (!head.success) throw new Error(WRONG_HEAD)
          ;({ as } = head.data)
        } else {
          // the end, and what the export could not read, are said in the words of lines with updates
          const read = readDocumentLine(line.text, at)
          if (read.kind === 'end') isWhole = true
          else if (line.text.includes('"result":"failed"')) yield read
          else yield documentOf(folder, as, { text: line.text, at })
        }
      }
      const reason = 'the export was cut: its last line is not there'
      if (!isWhole) yield { kind: 'broken', name: null, at: MANIFEST, reason }
    },
    close: async () => void stream.destroy(),
  }
}
