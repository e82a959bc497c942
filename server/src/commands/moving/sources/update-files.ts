/*
 * A folder of Yjs updates. A document's name is the path of its file without the extension; files of the same name with
 * other extensions belong to it, and all that a folder `NAME.updates` holds:
 *
 *   team/notes.yjs               team/notes
 *   team/notes.bin               team/notes as well
 *   log.updates/0001.update      log
 *   log.updates/0002.update      log
 */
import { LeftOut, tooLarge, type Source, type SourceDocument } from '../source.ts'
import { filesIn, readWithin, type FoundFile } from './files.ts'

/** The files that are updates. */
export const UPDATE_FILE = /\.(yjs|bin|update)$/i
const UPDATES_FOLDER = /\.updates\//i

const nameOf = (path: string): string =>
  UPDATES_FOLDER.test(path)
    ? path.slice(0, path.search(UPDATES_FOLDER))
    : path.replace(UPDATE_FILE, '')

const documentOf = (name: string, files: readonly FoundFile[]): SourceDocument => ({
  kind: 'document',
  name,
  at:
    files.length === 1 ? (files[0]?.path ?? '') : `${files[0]?.path} and ${files.length - 1} more`,
  bytes: null,
  async read(limit) {
    const updates: Uint8Array[] = []
    let bytes = 0
    for (const { file } of files) {
      const update = await readWithin(file, limit)
      bytes += update.length
      if (bytes > limit) throw tooLarge(bytes, limit)
      updates.push(update)
    }
    if (bytes === 0) throw new LeftOut('it is empty')
    return { kind: 'updates', updates }
  },
})

/** A folder of updates; other files in it are none. */
export const openUpdateFiles = async (folder: string): Promise<Source> => {
  const files = new Map<string, FoundFile[]>()
  for await (const found of filesIn(folder)) {
    if (!UPDATE_FILE.test(found.path)) continue
    const name = nameOf(found.path)
    files.set(name, [...(files.get(name) ?? []), found])
  }
  return {
    total: files.size,
    async *documents() {
      for (const [name, parts] of files) yield documentOf(name, parts)
    },
    close: () => Promise.resolve(),
  }
}
