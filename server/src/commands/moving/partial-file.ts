/* A file that is there when it is whole: written under another name, put on the disk, then renamed. */
import { existsSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { messageOf } from './source.ts'

/** How a file ends while it is written. */
export const PARTIAL = '.partial'

/** Why a file was not written, with the sentence that an operator needs. */
const told = (file: string, thrown: unknown): Error => {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null
  const said = messageOf(thrown)
  const reason = code === 'ENOSPC' || code === 'EDQUOT' ? `the disk is full (${said})` : said
  return new Error(`${file} cannot be written: ${reason}`, { cause: thrown })
}

/** A file on its way. */
export interface PartialFile {
  write(text: string | Uint8Array): Promise<void>
  /** Everything is written: it gets its name. */
  finish(): Promise<void>
  /** It goes, and what had its name before stays. Safe to call after `finish`, where it does nothing. */
  discard(): Promise<void>
}

/** Throws where a file is there that may not be replaced. */
export const mustNotBeThere = (file: string, mayReplace: boolean): void => {
  if (!mayReplace && existsSync(file))
    throw new Error(`${file} is there already; --force replaces it`)
}

/** Begins a file, with the folders that it is in. */
export const startFile = async (file: string, mayReplace: boolean): Promise<PartialFile> => {
  mustNotBeThere(file, mayReplace)
  const partial = file + PARTIAL
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (thrown) {
      throw told(file, thrown)
    }
  }
  const handle = await attempt(async () => {
    await mkdir(dirname(file), { recursive: true })
    return open(partial, 'w')
  })
  let isOpen = true
  return {
    write: (text) => attempt(() => handle.writeFile(text)), // behind what was written before
    async finish() {
      await attempt(() => handle.sync())
      mustNotBeThere(file, mayReplace)
      isOpen = false
      await attempt(async () => {
        await handle.close()
        await rename(partial, file)
      })
    },
    async discard() {
      if (!isOpen) return
      isOpen = false
      await handle.close()
      await rm(partial, { force: true })
    },
  }
}
