/* A folder of Markdown files: a document's name is the path of its file without `.md`. */
import type { Source } from '../source.ts'
import { filesIn, readTextWithin, type FoundFile } from './files.ts'

/** The files that are Markdown. */
export const MARKDOWN_FILE = /\.md$/i

/** A folder of Markdown; other files in it are none. */
export const openMarkdownFiles = async (folder: string): Promise<Source> => {
  const files: FoundFile[] = []
  for await (const found of filesIn(folder)) if (MARKDOWN_FILE.test(found.path)) files.push(found)
  return {
    total: files.length,
    async *documents() {
      const names = new Map<string, string>()
      for (const { path, file } of files) {
        const name = path.replace(MARKDOWN_FILE, '')
        const first = names.get(name)
        if (first !== undefined) {
          yield { kind: 'broken', name, at: path, reason: `${first} has given the same name` }
          continue
        }
        names.set(name, path)
        yield {
          kind: 'document',
          name,
          at: path,
          bytes: null,
          read: async (limit) => ({
            kind: 'seed',
            format: 'markdown',
            text: await readTextWithin(file, limit),
          }),
        }
      }
    },
    close: () => Promise.resolve(),
  }
}
