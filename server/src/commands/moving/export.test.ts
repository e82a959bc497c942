/* Exports of data directories, and what comes back from them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { applyUpdate, Doc, encodeStateAsUpdate } from 'yjs'
import { clientId, millis, parseDocName, type DocName, type Update } from '@quire/shared'
import { runSession, sessionPlans, type SessionPlan } from '@quire/shared/testing'
import type { Storage } from '../../ports/storage.ts'
import { openSqliteStorage } from '../../storage/sqlite/open.ts'
import { migrations } from '../../storage/sqlite/schema.ts'
import { folderOf, newFolder, runExport, runImport, updateOf } from './testing/moving.ts'

const named = (raw: string): DocName => {
  const name = parseDocName(raw)
  if (!name.ok) throw new Error(name.error.message)
  return name.value
}

const unwrap = <T>(
  result: { ok: true; value: T } | { ok: false; error: { message: string } },
): T => {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

/** A storage in a new directory; it is open until the test is over, as that of a running server. */
const running = async (): Promise<{ readonly dataDir: string; readonly storage: Storage }> => {
  const dataDir = newFolder()
  const storage = unwrap(await openSqliteStorage({ dataDir }))
  onTestFinished(() => storage.close())
  return { dataDir, storage }
}

/** Writes updates of a document, a commit each. */
const write = async (storage: Storage, name: string, updates: readonly Uint8Array[]) => {
  const { id } = unwrap(await storage.open(named(name)))
  for (const [at, update] of updates.entries())
    unwrap(
      await storage.append(
        [
          {
            doc: id,
            updates: [update as Update],
            authors: [{ client: clientId(at), clock: 0, user: at % 2 === 0 ? 'ann' : null }],
          },
        ],
        millis(1_000 + at),
      ),
    )
}

interface Line {
  readonly name: string
  readonly createdAt: string
  readonly changedAt: string
  readonly sequence: number
  readonly update: string
  readonly authors: readonly unknown[]
}

/** The lines of an export, and its last one. */
const linesOf = async (dataDir: string): Promise<readonly [readonly Line[], unknown]> => {
  const file = join(newFolder(), 'all.ndjson')
  await runExport(file, { dataDir })
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as Line)
  return [lines.slice(0, -1), lines.at(-1)]
}

const stateOf = (updates: readonly Uint8Array[]): string => {
  const doc = new Doc()
  for (const update of updates) applyUpdate(doc, update)
  return Buffer.from(encodeStateAsUpdate(doc)).toString('base64')
}

describe('an export', () => {
  it('brings back the same lines, of any documents, as often as it is imported', async () => {
    const documents = fc.uniqueArray(
      fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), sessionPlans),
      { selector: ([name]) => name, minLength: 8, maxLength: 12 },
    )
    const check = async (all: readonly (readonly [string, SessionPlan])[]): Promise<void> => {
      const made = all.filter(([name]) => parseDocName(name).ok && !['.', '..'].includes(name))
      const dataDir = newFolder()
      const storage = unwrap(await openSqliteStorage({ dataDir }))
      const states = new Map<string, string>()
      for (const [name, plan] of made) {
        const { updates } = runSession(plan)
        await write(storage, name, updates)
        states.set(name, stateOf(updates))
      }
      await storage.close()
      const [first, end] = await linesOf(dataDir)
      expect(end).toEqual({ done: true, documents: made.length, failed: 0 })
      for (const { name, update } of first)
        expect(stateOf([Buffer.from(update, 'base64')])).toBe(states.get(name))

      const again = await Promise.all(
        ['ndjson', 'folder'].map(async (format) => {
          const [to, into] = [join(newFolder(), 'export'), newFolder()]
          await runExport(to, { dataDir, format: format as 'ndjson' | 'folder' })
          const done = await runImport(to, { dataDir: into })
          expect(done).toMatchObject({ created: made.length, verified: made.length, found: 0 })
          return into
        }),
      )
      // a document comes back as one update of the time when it was made
      const asMade = ({ createdAt, update, ...rest }: Line): Line => {
        const sequence = update === 'AAA=' ? 0 : 1
        return { ...rest, createdAt, update, sequence, changedAt: createdAt }
      }
      const second = first.map(asMade)
      for (const into of again) expect((await linesOf(into))[0]).toEqual(second)
    }
    await fc.assert(fc.asyncProperty(documents, check), { numRuns: 1 })
  })

  it('of a running server is of whole commits, and changes nothing', async () => {
    const { dataDir, storage } = await running()
    await write(storage, 'a', [updateOf('one')])
    const files = readdirSync(dataDir)
    const [[line]] = await linesOf(dataDir)
    expect(line).toMatchObject({ name: 'a', sequence: 1 })
    await write(storage, 'b', [updateOf('two')])
    expect((await linesOf(dataDir))[0].map(({ name }) => name)).toEqual(['a', 'b'])
    expect(readdirSync(dataDir)).toEqual(files)
  })

  it('tells of documents that cannot be read, and goes on', async () => {
    const dataDir = newFolder()
    const storage = unwrap(await openSqliteStorage({ dataDir }))
    for (const name of ['a', 'torn', 'z']) await write(storage, name, [updateOf(name)])
    await write(storage, 'torn', [updateOf('more')])
    await storage.close()
    const db = new Database(join(dataDir, 'quire.db'))
    db.exec(
      `UPDATE updates SET bytes = x'0102' WHERE doc = (SELECT id FROM documents WHERE name = 'torn')`,
    )
    db.close()
    const file = join(newFolder(), 'all.ndjson')
    const done = await runExport(file, { dataDir })
    expect(done).toMatchObject({ documents: 2, failed: 1, hasFindings: true })
    expect(done.lines).toContain('"torn": ')
    const back = await runImport(file, { dataDir: newFolder() })
    expect(back).toMatchObject({ created: 2, skipped: 1 })
    expect(back.lines).toContain('the export could not read it')
  })

  it('to a folder has a file for each document, in the form that is asked for', async () => {
    const dataDir = newFolder()
    const markdown = '# Title\n\nText with **weight**.'
    await runImport(folderOf({ 'team/Notes.md': markdown, 'a.md': 'a' }), { dataDir })
    const [out, again] = [join(newFolder(), 'out'), newFolder()]
    const done = await runExport(out, { dataDir, as: 'markdown', prefix: 'team/' })
    expect(done).toMatchObject({ documents: 1, found: 0 })
    expect(readFileSync(join(out, 'team/Notes.md'), 'utf8').trim()).toBe(markdown)
    const [folder, into] = [newFolder(), newFolder()]
    await runExport(folder, { dataDir, as: 'json' })
    expect(await runImport(folder, { dataDir: into })).toMatchObject({ from: 'quire', created: 2 })
    await runExport(again, { dataDir: into, as: 'markdown' })
    expect(readFileSync(join(again, 'team/Notes.md'), 'utf8').trim()).toBe(markdown)
  })

  it('says of a file that is empty that the content is elsewhere', async () => {
    const dataDir = newFolder()
    await runImport(folderOf({ 'a.yjs': updateOf('in body') }), { dataDir })
    const done = await runExport(newFolder(), { dataDir, as: 'text' })
    expect(done).toMatchObject({ documents: 1, failed: 0, hasFindings: true })
    expect(done.lines).toContain('--field names the Yjs type')
    const folder = newFolder()
    expect(await runExport(folder, { dataDir, as: 'text', field: 'body' })).toMatchObject({
      found: 0,
    })
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('in body')
  })

  it('gives two documents two files where their names differ in capital letters alone', async () => {
    const dataDir = newFolder()
    const source = { 'notes.yjs': updateOf('small'), 'Notes.yjs': updateOf('capital') }
    await runImport(folderOf(source), { dataDir })
    const folder = newFolder()
    await runExport(folder, { dataDir, format: 'folder' })
    expect(readdirSync(folder).toSorted()).toEqual(
      ['%6E%6F%74%65%73.yjs', 'Notes.yjs', 'manifest.ndjson'].toSorted(),
    )
    const into = newFolder()
    expect(await runImport(folder, { dataDir: into })).toMatchObject({ created: 2, verified: 2 })
    expect((await linesOf(into))[0].map(({ name }) => name)).toEqual(['Notes', 'notes'])
  })

  it('replaces what is there only by force, and leaves nothing half-done', async () => {
    const dataDir = newFolder()
    await runImport(folderOf({ 'a.md': 'a' }), { dataDir })
    const folder = folderOf({ 'all.ndjson': 'precious', 'out/a.md': 'precious' })
    const file = join(folder, 'all.ndjson')
    await expect(runExport(file, { dataDir })).rejects.toThrow('is there already; --force')
    const out = join(folder, 'out')
    await expect(runExport(out, { dataDir, as: 'markdown' })).rejects.toThrow(
      'a.md is there already',
    )
    expect(readdirSync(out)).toEqual(['a.md'])
    expect(readFileSync(join(out, 'a.md'), 'utf8')).toBe('precious')
    await runExport(file, { dataDir, force: true })
    await runExport(out, { dataDir, as: 'markdown', force: true })
    expect(readFileSync(file, 'utf8')).toContain('"done":true')
    expect(readdirSync(out).toSorted()).toEqual(['a.md', 'manifest.ndjson'])
  })

  it('of something that is no data directory, or of another version, is refused by name', async () => {
    const nothing = newFolder()
    const expectRefusal = (dataDir: string, sentence: string) =>
      expect(runExport(join(newFolder(), 'x'), { dataDir })).rejects.toThrow(sentence)
    await expectRefusal(nothing, 'holds no documents of Quire')
    expect(readdirSync(nothing)).toEqual([])
    await expectRefusal(folderOf({ 'quire.db': 'no database at all' }), 'quire.db')
    const dataDir = newFolder()
    await unwrap(await openSqliteStorage({ dataDir })).close()
    const setVersion = (version: number): void => {
      const db = new Database(join(dataDir, 'quire.db'))
      db.pragma(`user_version = ${version}`)
      db.close()
    }
    setVersion(migrations.length - 1)
    await expectRefusal(dataDir, 'quire serve brings it up to date')
    setVersion(migrations.length + 1)
    await expectRefusal(dataDir, 'written by a later Quire')
  })

  it.each([
    [{ as: 'markdown', format: 'ndjson' } as const, 'out', '--format folder'],
    [{ as: 'markdown' } as const, '-', 'standard output'],
    [{ field: 'body' }, 'out', '--field'],
    [{ url: 'ftp://example.org' }, 'out', 'no http or https address'],
    [{ url: 'http://ann:secret@example.org' }, 'out', 'does not stand in the address'],
    [{ url: 'http://example.org', isDataDirGiven: true }, 'out', 'name one of them'],
    [{ tokenFile: 'token' }, 'out', '--token-file is for --url'],
  ])('asked for by %j is wrong usage', async (options, to, sentence) => {
    const asked = runExport(to, { dataDir: newFolder(), ...options })
    await expect(asked).rejects.toThrow(sentence)
    await expect(asked).rejects.not.toThrow('secret')
    expect(existsSync(to)).toBe(false)
  })
})

describe('a folder that was exported', () => {
  it('has files within itself, whatever its list says', async () => {
    const files = ['../outside.yjs', '/etc/passwd', 'a\\..\\b', 'a//b', 'missing.yjs']
    const head = { format: 'quire-folder', version: 1, as: 'update' }
    const list = [head, ...files.map((file, at) => ({ name: `${at}`, file })), { done: true }]
    const source = folderOf({
      'manifest.ndjson': list.map((line) => `${JSON.stringify(line)}\n`).join(''),
    })
    const done = await runImport(source, { dataDir: newFolder() })
    expect(done).toMatchObject({ created: 0, skipped: files.length })
    expect((done['findings'] as { reason: string }[]).map(({ reason }) => reason)).toEqual([
      ...Array<string>(4).fill('file: it leads out of the folder'),
      expect.stringContaining('it cannot be read: ENOENT'),
    ])
  })

  it('that is none, or was cut, says so', async () => {
    const wrong = folderOf({ 'manifest.ndjson': '{"format":"other"}\n' })
    await expect(runImport(wrong, { dataDir: newFolder() })).rejects.toThrow('none of an export')
    const cut = folderOf({})
    writeFileSync(join(cut, 'manifest.ndjson.partial'), '')
    await expect(runImport(cut, { dataDir: newFolder() })).rejects.toThrow('that was cut')
  })
})
