import { readFileSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { describe, expect, it, vi } from 'vitest'
import { unwrap } from '../../storage/contract/fixture.ts'
import { lineOf } from './finding.ts'
import { storedDocuments } from './testing/stored.ts'
import { verifyFile, type Verified } from './verify-file.ts'

vi.setConfig({ testTimeout: 60_000 }) // threads have to start

const verify = async (file: string): Promise<Verified> =>
  unwrap(
    await verifyFile({
      file,
      signal: new AbortController().signal,
      onFile: () => undefined,
      onChecked: () => undefined,
    }),
  )

const linesOf = async (file: string): Promise<readonly string[]> =>
  (await verify(file)).findings.map(lineOf)

const damage = (file: string, statements: readonly string[]): void => {
  const db = new Database(file)
  db.pragma('foreign_keys = OFF')
  for (const statement of statements) db.exec(statement)
  db.close()
}

/** All that a document’s content is made of, by other means. */
const contentIn = (file: Buffer): string => {
  const bytes = Buffer.from(file)
  bytes.fill(1, 18, 20) // no WAL, which a database in memory cannot have (sqlite.org/fileformat2.html §1.3.3)
  let db: Database.Database | null = null
  try {
    db = new Database(bytes)
    return JSON.stringify([
      db.prepare('SELECT id, name FROM documents ORDER BY id').all(),
      db.prepare('SELECT doc, name FROM deleted_documents ORDER BY doc').all(),
      db.prepare('SELECT doc, through_seq, hex(bytes) FROM snapshots ORDER BY doc').all(),
      db.prepare('SELECT doc, seq, hex(bytes), large FROM updates ORDER BY doc, seq').all(),
      db.prepare('SELECT id, hex(bytes) FROM large_updates ORDER BY id').all(),
    ])
  } catch {
    return 'it does not read'
  } finally {
    db?.close()
  }
}

describe('verify', () => {
  it('finds nothing wrong where nothing is, and the same digest again', async () => {
    const file = await storedDocuments()
    const [first, second] = [await verify(file), await verify(file)]
    expect(first.findings).toEqual([])
    expect(first.documents).toHaveLength(22)
    expect(first.digest).toMatch(/^[0-9a-f]{64}$/)
    expect(second).toEqual(first)
  })

  // those of one list do not hide one another, and share the time that threads take to start
  it.each([
    {
      damages: [
        [
          'DELETE FROM updates WHERE doc = 1 AND seq = 35',
          'update 36: follows a gap: there should be update 35',
        ],
        [
          "UPDATE snapshots SET state_vector = x'00'",
          'the state vector beside the snapshot is not that of its bytes',
        ],
        [
          "UPDATE snapshots SET delete_set = x'0107010001'",
          'the delete set beside the snapshot is not that of its bytes',
        ],
        [
          "UPDATE snapshot_indexes SET bytes = x'0000'",
          'the index beside the snapshot is not that of its bytes',
        ],
        [
          "UPDATE updates SET bytes = x'0102' WHERE doc = 1 AND seq = 33",
          'update 33: does not decode: ',
        ],
        [
          'UPDATE authors SET clock = 100000 WHERE doc = 1',
          'an author is stamped on client 7 from clock 100000 on, but its structs end at ',
        ],
        ["UPDATE version_states SET deflated = x'0102'", 'version 1 does not inflate: '],
        ['UPDATE versions SET seq = 99', 'version 1 is of update 99, which the log does not have'],
        [
          "UPDATE patch_parts SET hash = x'0102030405060708'",
          'part 1 of patch 1 is not what its hash says',
        ],
      ],
    },
    {
      damages: [
        ["UPDATE snapshots SET bytes = x'ff'", 'the snapshot does not decode: '],
        ['UPDATE versions SET bytes = bytes + 1', 'version 1 has '],
      ],
    },
    {
      damages: [
        [
          "UPDATE updates SET bytes = x'0000' WHERE doc = 1 AND seq = 31",
          'what was written waits for structs that are not there: of client 7 at ',
        ],
        ['DELETE FROM version_states', 'version 1 has lost its state'],
      ],
    },
  ])('names what is wrong with a document, %#', async ({ damages }) => {
    const file = await storedDocuments()
    damage(
      file,
      damages.map(([statement = '']) => statement),
    )
    const lines = (await linesOf(file)).filter((line) => line.startsWith('document "all of it": '))
    for (const [, line = ''] of damages) expect(lines.join('\n')).toContain(line)
  })

  it('names documents whose bytes or names are lost, and files that are none of Quire', async () => {
    const file = await storedDocuments()
    damage(file, [
      'DELETE FROM large_updates WHERE id = 1',
      "UPDATE documents SET name = '' WHERE id = 3",
    ])
    const lines = (await linesOf(file)).join('\n')
    expect(lines).toContain('document "beside/0": update 2: its bytes are missing')
    expect(lines).toContain('document "": document name is empty')
    damage(file, ['PRAGMA application_id = 7'])
    expect(await linesOf(file)).toEqual([`${file} is not marked as a database of Quire`])
    writeFileSync(file, 'no database at all'.repeat(1_000))
    expect(await linesOf(file)).toEqual([`${file}: file is not a database`])
  })

  it.each(['file', 'documents'])('is interrupted while it reads the %s', async (part) => {
    const file = await storedDocuments()
    const end = new AbortController()
    const told: string[] = []
    const stopAt = (what: string): void => {
      told.push(what)
      if (what === part) end.abort(new Error('interrupted'))
    }
    const verified = verifyFile({
      file,
      signal: end.signal,
      onFile: () => stopAt('file'),
      onChecked: (done) => {
        if (done > 0) stopAt('documents')
      },
    })
    await expect(verified).rejects.toThrow('interrupted')
    expect(told.filter((what) => what === part)).toHaveLength(1)
  })

  it('refuses a schema that it does not know, and says which Quire does', async () => {
    const file = await storedDocuments()
    damage(file, ['PRAGMA user_version = 99'])
    const verified = await verifyFile({
      file,
      signal: new AbortController().signal,
      onFile: () => undefined,
      onChecked: () => undefined,
    })
    expect(verified).toMatchObject({
      ok: false,
      error: expect.stringContaining('schema version 99'),
    })
  })

  const seed = Number(process.env['VERIFY_SEED'] ?? Date.now() % 1_000_000)
  it(`of a file with bytes flipped anywhere never fails, and never says that all is as it was where content is not (seed ${seed})`, async () => {
    const file = await storedDocuments()
    const { digest } = await verify(file)
    const whole = readFileSync(file)
    const content = contentIn(whole)
    let state = seed
    const next = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0 // Numerical Recipes §7.1
      return Math.floor((state / 2 ** 32) * below)
    }
    let changed = 0
    expect(content).toContain('beside/0')
    for (let round = 0; round < 8; round++) {
      const damaged = Buffer.from(whole)
      for (let i = 0; i <= next(4); i++) {
        const at = next(damaged.length)
        damaged[at] = (damaged[at] ?? 0) ^ (1 << next(8))
      }
      writeFileSync(file, damaged)
      const verified = await verifyFile({
        file,
        signal: new AbortController().signal,
        onFile: () => undefined,
        onChecked: () => undefined,
      })
      const isFine =
        verified.ok && verified.value.findings.length === 0 && verified.value.digest === digest
      const isSame = contentIn(damaged) === content
      if (!isSame) changed++
      expect(isFine && !isSame, `round ${round}`).toBe(false)
    }
    expect(changed).toBeGreaterThan(0)
  })
})
