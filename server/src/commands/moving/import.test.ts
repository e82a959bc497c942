/* Imports into data directories, from files. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { Doc, encodeStateAsUpdate, mergeUpdates } from 'yjs'
import { openSqliteStorage } from '../../storage/sqlite/open.ts'
import {
  folderOf,
  newFolder,
  quiet,
  runExport,
  runImport,
  textOf,
  updateOf,
} from './testing/moving.ts'
import type { SourceKind } from './source-kinds.ts'
import { ySweetFile } from './testing/y-sweet-file.ts'

interface Row {
  readonly name: string
  readonly bytes: Uint8Array | null
}

/** The documents of a data directory by name, as the file has them. */
const documentsIn = (dataDir: string): Record<string, string> => {
  const db = new Database(join(dataDir, 'quire.db'), { readonly: true, fileMustExist: true })
  const rows = db
    .prepare<[], Row>(
      'SELECT name, bytes FROM documents LEFT JOIN updates ON doc = id ORDER BY seq',
    )
    .all()
  db.close()
  const updates = Map.groupBy(rows, ({ name }) => name)
  return Object.fromEntries(
    [...updates].map(([name, all]) => [
      name,
      textOf(mergeUpdates(all.flatMap(({ bytes }) => (bytes === null ? [] : [bytes])))),
    ]),
  )
}

const linesFile = (lines: readonly unknown[]): string =>
  join(
    folderOf({
      'all.ndjson': lines
        .map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
        .join(''),
    }),
    'all.ndjson',
  )

const line = (name: string, text: string) => ({
  name,
  update: Buffer.from(updateOf(text)).toString('base64'),
})
const END = { done: true }

const hocuspocus = (rows: readonly (readonly [name: unknown, data: unknown])[]): string => {
  const file = join(newFolder(), 'documents.sqlite')
  const db = new Database(file)
  // as @hocuspocus/extension-sqlite makes it
  db.exec(
    'CREATE TABLE IF NOT EXISTS "documents" ("name" varchar(255) NOT NULL, "data" blob NOT NULL, UNIQUE(name))',
  )
  const insert = db.prepare('INSERT INTO documents VALUES (?, ?)')
  for (const row of rows) insert.run(...row)
  db.close()
  return file
}

describe('an import', () => {
  it('leaves out what is broken, says what and why, and takes the rest', async () => {
    const dataDir = newFolder()
    const file = hocuspocus([
      ['good', updateOf('one')],
      ['garbage', Buffer.from('garbage')],
      ['empty data', Buffer.alloc(0)],
      ['text', 'no bytes'],
      [Buffer.from('name'), updateOf('two')],
      ['x'.repeat(1025), updateOf('three')],
      ['nul\0', updateOf('four')],
      ['..', updateOf('five')],
      ['', updateOf('six')],
      ['bell\u0007', updateOf('a control character is a name')],
    ])
    const done = await runImport(file, { dataDir })
    expect(done).toMatchObject({ documents: 10, created: 2, skipped: 8, verified: 2, found: 8 })
    expect(done['hasFindings']).toBe(true)
    expect((done['findings'] as { reason: string }[]).map(({ reason }) => reason)).toEqual([
      expect.stringContaining('update 1 of 1: '),
      expect.stringContaining('update 1 of 1: '),
      'its data is text, and no bytes',
      'its name is no text',
      'document name is 1025 bytes of UTF-8, limit 1024',
      'document name holds U+0000',
      expect.stringContaining('not named . or ..'),
      'document name is empty',
    ])
    expect(documentsIn(dataDir)).toEqual({
      good: 'one',
      'bell\u0007': 'a control character is a name',
    })
  })

  it('does nothing the second time', async () => {
    const dataDir = newFolder()
    const source = folderOf({ 'a.md': '# One', 'b/c.md': 'Two' })
    expect(await runImport(source, { dataDir })).toMatchObject({ created: 2, verified: 2 })
    const before = documentsIn(dataDir)
    const again = await runImport(source, { dataDir, existing: 'merge' })
    // people may have edited them since
    expect(again).toMatchObject({ created: 0, present: 2, verified: 0, bytes: 0, found: 0 })
    const tried = await runImport(source, { dataDir, dryRun: true })
    expect(tried.lines).toContain('only an import that writes can tell')
    expect(documentsIn(dataDir)).toEqual(before)
  })

  it('does not double a Markdown file that has changed', async () => {
    const dataDir = newFolder()
    const source = folderOf({ 'a.md': 'first' })
    await runImport(source, { dataDir })
    writeFileSync(join(source, 'a.md'), 'first, and second')
    const again = await runImport(source, { dataDir, existing: 'merge' })
    expect(again).toMatchObject({ present: 0, skipped: 1 })
    expect(again.lines).toContain('text cannot be merged without doubling')
    const out = newFolder()
    await runExport(out, { dataDir, as: 'markdown' })
    expect(readFileSync(join(out, 'a.md'), 'utf8').trim()).toBe('first')
  })

  it('skips, merges or stops at a document that is there with other content', async () => {
    const dataDir = newFolder()
    await runImport(linesFile([line('a', 'old'), END]), { dataDir })
    const source = linesFile([line('a', 'new'), line('b', 'b'), END])
    await expect(runImport(source, { dataDir, existing: 'fail' })).rejects.toThrow(
      'document "a" is there already',
    )
    const skipped = await runImport(source, { dataDir, existing: 'skip' })
    expect(skipped).toMatchObject({ created: 1, skipped: 1, hasFindings: true })
    expect(documentsIn(dataDir)['a']).toBe('old')
    const merged = await runImport(source, { dataDir, existing: 'merge' })
    expect(merged).toMatchObject({ merged: 1, present: 1, verified: 2, hasFindings: false })
    expect(['oldnew', 'newold']).toContain(documentsIn(dataDir)['a'])
    // and a document that has all of it is no reason to stop
    expect(await runImport(source, { dataDir, existing: 'fail' })).toMatchObject({ present: 2 })
  })

  it('changes nothing where it is only tried', async () => {
    const dataDir = join(newFolder(), 'not there yet')
    const source = linesFile([line('a', 'a'), 'no line', END])
    const tried = await runImport(source, { dataDir, dryRun: true })
    expect(tried).toMatchObject({ created: 1, skipped: 1, verified: 0, bytes: 0 })
    expect(tried.lines).toContain('1 would be created')
    expect(existsSync(dataDir)).toBe(false)
    await runImport(source, { dataDir })
    const other = linesFile([line('a', 'other'), END])
    expect(await runImport(other, { dataDir, dryRun: true, existing: 'merge' })).toMatchObject({
      merged: 1,
    })
    expect(documentsIn(dataDir)).toEqual({ a: 'a' })
  })

  it('puts a prefix before each name, and says which two then are one', async () => {
    const dataDir = newFolder()
    const source = linesFile([line('a', 'first'), line('a', 'second'), END])
    const done = await runImport(source, { dataDir, prefix: 'team/' })
    expect(done).toMatchObject({ created: 1, skipped: 1 })
    expect(done['findings']).toMatchObject([{ name: 'a', at: 'line 2' }])
    expect(documentsIn(dataDir)).toEqual({ 'team/a': 'first' })
  })

  it('leaves out a pipe, which may never end', async () => {
    const source = folderOf({ 'one.md': 'one' })
    execFileSync('mkfifo', [join(source, 'pipe.md')])
    const done = await runImport(source, { dataDir: newFolder() })
    expect(done).toMatchObject({
      created: 1,
      skipped: 1,
      findings: [{ name: 'pipe', reason: 'it is no file' }],
    })
  })

  it('takes the first of two files that give the same name', async () => {
    const dataDir = newFolder()
    const source = folderOf({ 'a.MD': 'first', 'a.md': 'second' })
    const done = await runImport(source, { dataDir, existing: 'merge' })
    expect(done).toMatchObject({ documents: 2, created: 1, skipped: 1 })
    expect(done.lines).toContain('"a" (a.md): a.MD has given the same name')
  })

  it('says that an export was cut, and what it could not read', async () => {
    const lost = { name: 'lost', result: 'failed', detail: 'torn' }
    const done = await runImport(linesFile([line('a', 'a'), lost]), { dataDir: newFolder() })
    expect(done).toMatchObject({ created: 1, skipped: 2 })
    expect(done.lines).toContain('"lost" (line 2): the export could not read it: torn')
    expect(done.lines).toContain('the export was cut')
  })

  it('leaves out a document that is too large, with the limit', async () => {
    const large = updateOf('x'.repeat(2_000))
    const limit = () => ({ dataDir: newFolder(), maxDocumentBytes: 1_000 })
    const reason = `it is ${large.length} bytes, limit 1000 (--max-document-bytes)`
    for (const source of [
      hocuspocus([
        ['large', large],
        ['small', updateOf('small')],
      ]),
      folderOf({ 'large.yjs': large, 'small.yjs': updateOf('small') }),
    ]) {
      const done = await runImport(source, limit())
      expect(done).toMatchObject({ skipped: 1 })
      expect(done['findings']).toMatchObject([{ name: 'large', reason }])
    }
    const parts = folderOf({
      'l.updates/1.bin': updateOf('x'.repeat(600)),
      'l.updates/2.bin': large,
    })
    expect((await runImport(parts, limit()))['skipped']).toBe(1)
  })

  it('is refused where a server owns the data directory, with a hint', async () => {
    const dataDir = newFolder()
    const owner = await openSqliteStorage({ dataDir, url: 'http://127.0.0.1:4400' })
    if (!owner.ok) throw new Error(owner.error.message)
    const source = linesFile([line('a', 'a'), END])
    await expect(runImport(source, { dataDir })).rejects.toThrow(
      /in use by process .*serving http:\/\/127.0.0.1:4400.*--url URL/,
    )
    await owner.value.close()
  })

  it('ends between two documents when it is interrupted, and goes on from there', async () => {
    const dataDir = newFolder()
    const source = linesFile([line('a', 'a'), line('b', 'b'), line('c', 'c'), END])
    const controller = new AbortController()
    const interrupted = {
      ...quiet(controller.signal),
      progress: () => ({
        at: () => controller.abort(new Error('interrupted by SIGINT')),
        end: () => undefined,
      }),
    }
    await expect(runImport(source, { dataDir }, interrupted)).rejects.toThrow('by SIGINT')
    expect(documentsIn(dataDir)).toEqual({ a: 'a' })
    expect(await runImport(source, { dataDir })).toMatchObject({ created: 2, present: 1 })
  })

  it('fills a document that somebody has opened and nobody has written in', async () => {
    const dataDir = newFolder()
    await runImport(linesFile([{ name: 'a', update: 'AAA=' }, END]), { dataDir })
    expect(documentsIn(dataDir)).toEqual({ a: '' })
    const filled = await runImport(linesFile([line('a', 'a'), END]), { dataDir })
    expect(filled).toMatchObject({ created: 1, verified: 1, hasFindings: false })
    expect(documentsIn(dataDir)).toEqual({ a: 'a' })
  })
})

describe('a source', () => {
  it('of updates is a folder, of which files of one name and folders of parts are one document', async () => {
    const dataDir = newFolder()
    const doc = new Doc()
    const parts: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => void parts.push(update))
    for (const text of ['one ', 'two ', 'three '])
      doc.getText('body').insert(doc.getText('body').length, text)
    const [one, two, three] = parts as [Uint8Array, Uint8Array, Uint8Array]
    const source = folderOf({
      'notes.yjs': mergeUpdates([one, two]),
      'notes.bin': three,
      'team/log.updates/2.update': three,
      'team/log.updates/1.update': one,
      'team/log.updates/torn.update': 'torn',
      'other.txt': 'no update',
      'void.yjs': '',
    })
    writeFileSync(join(source, 'team/log.updates/3.update'), two)
    const done = await runImport(source, { dataDir })
    expect(done).toMatchObject({ documents: 3, created: 2, skipped: 1, found: 2 })
    expect(done.lines).toContain('"void" (void.yjs): it is empty')
    expect(done.lines).toMatch(/"team\/log" .*update 4 of 4: /)
    expect(documentsIn(dataDir)).toEqual({
      notes: 'one two three ',
      'team/log': 'one two three ',
    })
  })

  it('of y-sweet is its file store', async () => {
    const dataDir = newFolder()
    const doc = new Doc()
    doc.getText('body').insert(0, 'state')
    const state = encodeStateAsUpdate(doc)
    const since: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => void since.push(update))
    doc.getText('body').insert(5, ', and since')
    const source = folderOf({
      'notes/data.ysweet': ySweetFile({ state, updates: since }),
      'torn/data.ysweet': ySweetFile({ state }).subarray(0, 40),
      'new/data.ysweet': new Uint8Array(8),
      'none/other': 'no document',
    })
    const done = await runImport(source, { dataDir })
    expect(done).toMatchObject({ from: 'y-sweet', documents: 4, created: 2, skipped: 2 })
    expect(done.lines).toContain('"none" (none/data.ysweet): it cannot be read: ENOENT')
    expect(documentsIn(dataDir)).toEqual({ notes: 'state, and since', new: '' })
  })

  it.each([
    ['y-sweet', {}],
    ['updates', {}],
    ['markdown', {}],
  ] as const)('of %s may be empty, if it is named', async (from, files) => {
    const dataDir = newFolder()
    expect(await runImport(folderOf(files), { dataDir, from })).toMatchObject({ documents: 0 })
    await expect(runImport(folderOf(files), { dataDir })).rejects.toThrow('an empty folder')
  })

  it('that is something else is refused with what it looks like', async () => {
    const dataDir = newFolder()
    const expectRefusal = (source: string, from: SourceKind, sentence: string | RegExp) =>
      expect(runImport(source, { dataDir, from })).rejects.toThrow(sentence)
    const sqlite = hocuspocus([])
    await expectRefusal(sqlite, 'quire', /not an export of Quire’s: .* a SQLite file of Hocuspocus/)
    await expectRefusal(sqlite, 'y-leveldb', /not a LevelDB database/)
    await expectRefusal(folderOf({ 'a.md': '' }), 'updates', 'looks like a folder of Markdown')
    await expectRefusal(linesFile([END]), 'hocuspocus-sqlite', 'looks like an export of Quire’s')
    await expectRefusal(newFolder(), 'y-leveldb', 'an empty folder')
    const both = folderOf({ 'a.md': '', 'a.yjs': updateOf('a') })
    await expect(runImport(both, { dataDir })).rejects.toThrow('say with --from')
    expect(await runImport(both, { dataDir, from: 'updates' })).toMatchObject({ documents: 1 })
    await runImport(linesFile([line('b', 'b'), END]), { dataDir })
    await expect(runImport(dataDir, { dataDir: newFolder() })).rejects.toThrow(
      'quire export reads it',
    )
    await expect(runImport(join(dataDir, 'quire.db'), { dataDir })).rejects.toThrow(
      'database of Quire’s',
    )
    await expect(runImport(join(dataDir, 'nowhere'), { dataDir })).rejects.toThrow(
      'nothing is there',
    )
  })
})
