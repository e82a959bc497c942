/* Finds out what a source is, and opens it. */
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import Database from 'better-sqlite3'
import { applicationId } from '../../storage/sqlite/schema.ts'
import { MANIFEST } from './folder-manifest.ts'
import type { SourceKind } from './source-kinds.ts'
import { messageOf, type Reading, type Source } from './source.ts'
import { filesIn, startOf } from './sources/files.ts'
import { isHocuspocus, openHocuspocusSqlite } from './sources/hocuspocus-sqlite.ts'
import { MARKDOWN_FILE, openMarkdownFiles } from './sources/markdown-files.ts'
import { openQuireFolder } from './sources/quire-folder.ts'
import { openQuireLines } from './sources/quire-lines.ts'
import { openUpdateFiles, UPDATE_FILE } from './sources/update-files.ts'
import { openYLeveldb } from './sources/y-leveldb.ts'
import { openYSweet, Y_SWEET_FILE } from './sources/y-sweet.ts'

/** What something looks like, for people; `kind`: by itself; `may`: what it is if somebody says so. */
interface Look {
  readonly kind: SourceKind | null
  readonly may: readonly SourceKind[]
  readonly words: string
}

const WORDS: Readonly<Record<SourceKind, string>> = {
  quire: 'an export of Quire’s',
  'hocuspocus-sqlite': 'a SQLite file of Hocuspocus',
  'y-leveldb': 'a LevelDB database, as y-leveldb has it',
  'y-sweet': 'a file store of y-sweet',
  updates: 'a folder of Yjs updates',
  markdown: 'a folder of Markdown',
}

const look = (kind: SourceKind): Look => ({ kind, may: [kind], words: WORDS[kind] })
const other = (words: string, ...may: readonly SourceKind[]): Look => ({ kind: null, may, words })

/** Files of a folder that are looked at, at most, to find out what it is. */
const MOST_LOOKED_AT = 10_000

const SQLITE_START = 'SQLite format 3\0'

const lookAtSqlite = (file: string): Look => {
  let db: Database.Database | null = null
  try {
    db = new Database(file, { readonly: true, fileMustExist: true, timeout: 5_000 })
    const isOurs = Number(db.pragma('application_id', { simple: true })) === applicationId
    if (isOurs)
      return other('a database of Quire’s: export its data directory, or restore a backup')
    return isHocuspocus(db)
      ? look('hocuspocus-sqlite')
      : other('a SQLite file without the table documents(name, data)')
  } catch (thrown) {
    return other(`a SQLite file that cannot be read (${messageOf(thrown)})`)
  } finally {
    db?.close()
  }
}

const lookAtFile = async (file: string): Promise<Look> => {
  const start = await startOf(file, 4096)
  if (start.length === 0) return other('an empty file', 'quire')
  if (start.toString('latin1').startsWith(SQLITE_START)) return lookAtSqlite(file)
  if (start.toString('utf8').trimStart().startsWith('{')) return look('quire')
  if (MARKDOWN_FILE.test(file)) return other('one Markdown file: name the folder that it is in')
  if (UPDATE_FILE.test(file)) return other('one file of an update: name the folder that it is in')
  return other('a file of none of these kinds')
}

const lookAtFolder = async (folder: string): Promise<Look> => {
  const names = new Set(await readdir(folder))
  if (names.has(MANIFEST)) return look('quire')
  if (names.has(`${MANIFEST}.partial`))
    return other('an export of Quire’s that was cut', 'updates', 'markdown')
  if (names.has('quire.db')) return other('a data directory of Quire’s: quire export reads it')
  const isLevel = names.has('CURRENT') && [...names].some((name) => name.startsWith('MANIFEST-'))
  if (isLevel) return look('y-leveldb')
  const seen = { updates: false, markdown: false, ySweet: false, files: 0 }
  for await (const { path } of filesIn(folder)) {
    seen.files++
    seen.ySweet ||= path.endsWith(`/${Y_SWEET_FILE}`)
    seen.updates ||= UPDATE_FILE.test(path)
    seen.markdown ||= MARKDOWN_FILE.test(path)
    if (seen.files === MOST_LOOKED_AT) break
  }
  if (seen.ySweet) return look('y-sweet')
  if (seen.updates && seen.markdown)
    return other(
      'a folder of Markdown and of Yjs updates: say with --from which of them to import',
      'updates',
      'markdown',
    )
  if (seen.updates) return look('updates')
  if (seen.markdown) return look('markdown')
  return seen.files === 0
    ? other('an empty folder', 'y-sweet', 'updates', 'markdown')
    : other('a folder without any such file')
}

/** What stands at a path looks like. Throws where nothing is there. */
const lookAt = async (path: string): Promise<Look> => {
  if (!existsSync(path)) throw new Error(`${path} cannot be imported: nothing is there`)
  return (await stat(path)).isDirectory() ? lookAtFolder(path) : lookAtFile(path)
}

const open = async (kind: SourceKind, path: string, reading: Reading): Promise<Source> => {
  switch (kind) {
    case 'quire': {
      const isFolder = path !== '-' && (await stat(path)).isDirectory()
      return isFolder ? openQuireFolder(path, reading) : openQuireLines(path, reading)
    }
    case 'hocuspocus-sqlite':
      return openHocuspocusSqlite(path)
    case 'y-leveldb':
      return openYLeveldb(path)
    case 'y-sweet':
      return openYSweet(path)
    case 'updates':
      return openUpdateFiles(path)
    case 'markdown':
      return openMarkdownFiles(path)
  }
}

/**
 * Opens a source. `auto` finds out what it is. Throws where it is not what was told, with what it looks like.
 */
export const openSource = async (
  path: string,
  from: SourceKind | 'auto',
  reading: Reading,
): Promise<{ readonly kind: SourceKind; readonly source: Source }> => {
  if (path === '-') {
    if (from !== 'auto' && from !== 'quire')
      throw new Error(`standard input is an export of Quire’s, and no ${from}`)
    return { kind: 'quire', source: await open('quire', path, reading) }
  }
  const found = await lookAt(path)
  const kind = from === 'auto' ? found.kind : from
  if (kind === null) throw new Error(`${path} cannot be imported: it looks like ${found.words}`)
  if (!found.may.includes(kind))
    throw new Error(`${path} is not ${WORDS[kind]}: it looks like ${found.words}`)
  return { kind, source: await open(kind, path, reading) }
}
