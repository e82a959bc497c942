/* Files of a folder, one after the other, in the order of their paths. */
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LeftOut, messageOf, tooLarge } from '../source.ts'

/** A file, by its path within the folder, with slashes. */
export interface FoundFile {
  readonly path: string
  readonly file: string
}

const byName = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** All files of a folder and of those in it; links are followed to files, not to folders. Only one folder is held. */
export const filesIn = async function* (folder: string, within = ''): AsyncGenerator<FoundFile> {
  const entries = await readdir(join(folder, within), { withFileTypes: true })
  for (const entry of entries.toSorted((one, other) => byName(one.name, other.name))) {
    const path = within === '' ? entry.name : `${within}/${entry.name}`
    if (entry.isDirectory()) yield* filesIn(folder, path)
    else yield { path, file: join(folder, path) }
  }
}

/** The bytes of a file that has no more than `limit`; throws why not. */
export const readWithin = async (file: string, limit: number): Promise<Uint8Array> => {
  try {
    const found = await stat(file)
    if (!found.isFile()) throw new LeftOut('it is no file') // a pipe or a device may never end
    const { size } = found
    if (size > limit) throw tooLarge(size, limit)
    return new Uint8Array(await readFile(file))
  } catch (thrown) {
    if (thrown instanceof LeftOut) throw thrown
    throw new LeftOut(`it cannot be read: ${messageOf(thrown)}`)
  }
}

/** The text of a file that has no more than `limit` bytes; throws why not. */
export const readTextWithin = async (file: string, limit: number): Promise<string> => {
  const bytes = await readWithin(file, limit)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new LeftOut('it is not UTF-8')
  }
}

/** The first bytes of a file. */
export const startOf = async (file: string, bytes: number): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(file, { end: bytes - 1 })) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
