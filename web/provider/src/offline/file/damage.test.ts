/* What is done about files that are not as they were written, and directories that somebody else has. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFile,
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { err, ok } from '@quire/shared'
import { describe, expect, it, onTestFinished } from 'vitest'
import { keptIn, labelled, openIn, unwrap, type OfflineTab } from '../contract/fixture.ts'
import { encryptWith } from '../sealing.ts'
import { packUpdates } from '../packed.ts'
import { foreignIn, type Disk } from './disk.ts'
import { fileRecords } from './file-records.ts'
import { encodeFrame, type Frame } from './frames.ts'
import { createFileStore, type FileStoreOptions } from './file.ts'
import { unheard } from '../store.ts'

const BATCH: Frame = { kind: 'batch', position: null, log: [], unsaved: [], saved: [] }

const fail = (): never => {
  throw new Error('there is no file')
}

const directoryForTest = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'quire-offline-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

const storeForTest = (options: FileStoreOptions): OfflineTab => {
  const store = createFileStore(options)
  onTestFinished(() => store.close())
  return { store, crash: () => store.close() }
}

/** A directory in which "a" and then "b" were kept, and the file that they are in. */
const kept = async (): Promise<{
  readonly directory: string
  readonly file: string
  readonly end: number
}> => {
  const directory = await directoryForTest()
  const tab = storeForTest({ directory })
  const { document } = await openIn(tab)
  document.changedHere(labelled('a'))
  unwrap(await document.flush())
  const name = (await readdir(directory)).find((file) => file.endsWith('.quire')) ?? ''
  const file = join(directory, name)
  const { size: end } = await stat(file)
  document.changedHere(labelled('b'))
  await tab.store.close()
  return { directory, file, end }
}

describe('a file that is not as it was written', () => {
  it.each([
    ['cut off', (file: string, end: number) => truncate(file, end + 7)],
    ['cut off behind its last whole frame', (file: string, end: number) => truncate(file, end)],
  ])('[OS14] %s holds what is whole, and takes more', async (_, damage) => {
    const { directory, file, end } = await kept()
    await damage(file, end)
    const tab = storeForTest({ directory })
    const { document, labels, problems } = await openIn(tab)
    expect([labels(), problems]).toEqual([['a'], []])
    document.changedHere(labelled('c'))
    await tab.store.close()
    expect(await keptIn(storeForTest({ directory }))).toMatchObject({ unsaved: ['a', 'c'] })
  })

  it('[OS14] with garbage behind it holds all of it, and takes more', async () => {
    const { directory, file } = await kept()
    for (const garbage of [Buffer.alloc(5000), Buffer.from('Quir'), Buffer.alloc(80, 'Qui')]) {
      await appendFile(file, garbage)
      const tab = storeForTest({ directory })
      expect(await keptIn(tab)).toMatchObject({ unsaved: ['a', 'b'] })
      await tab.store.close()
    }
    const tab = storeForTest({ directory })
    const { document } = await openIn(tab)
    document.changedHere(labelled('c'))
    await tab.store.close()
    expect(await keptIn(storeForTest({ directory }))).toMatchObject({ unsaved: ['a', 'b', 'c'] })
  })

  it('and was cut off before anything was promised is empty', async () => {
    const { directory, file } = await kept()
    for (const size of [0, 3, 11, 20]) {
      await truncate(file, size)
      const tab = storeForTest({ directory })
      expect((await keptIn(tab)).labels).toEqual([])
      expect(unwrap(await tab.store.documents())).toEqual([])
      await tab.store.close()
    }
  })

  it('[OS14] and was cut within its first bytes, with zeros behind them, is empty', async () => {
    const { directory, file } = await kept()
    for (const size of [1, 2, 3, 4]) {
      await truncate(file, size)
      await truncate(file, 40)
      const tab = storeForTest({ directory })
      expect((await keptIn(tab)).labels).toEqual([])
      await tab.store.close()
    }
  })

  it('is left as it is if it is damaged, and others are not harmed', async () => {
    const { directory, file, end } = await kept()
    const bytes = await readFile(file)
    bytes.fill(0, end - 9, end - 3)
    await writeFile(file, bytes)
    const { store, crash } = storeForTest({ directory })
    for (let i = 0; i < 2; i++) {
      const opened = await store.open('notes', unheard)
      const problem = opened.ok ? null : opened.error
      expect(problem?.kind).toBe('broken')
      expect(problem?.message).toMatch(
        /[0-9a-f]{64}\.quire cannot be used: it is damaged from byte \d+ to \d+$/,
      )
    }
    const { document } = await openIn({ store, crash }, 'other')
    document.changedHere(labelled('fine'))
    await store.close()
    expect(await readFile(file)).toEqual(bytes)
  })

  it('is left as it is if somebody else has made it', async () => {
    const { directory, file } = await kept()
    await writeFile(file, 'a diary, and none of our business')
    const { store } = storeForTest({ directory })
    const opened = await store.open('notes', unheard)
    expect(opened.ok ? null : opened.error.kind).toBe('broken')
    expect(await readFile(file, 'utf8')).toBe('a diary, and none of our business')
  })
})

describe('a file that another process writes to as well', () => {
  it('loses nothing to one who knows less of it, which says so', async () => {
    const { directory, file } = await kept()
    const tab = storeForTest({ directory })
    const { document } = await openIn(tab)
    // as one of another network namespace would, for whom the directory is free
    const elsewhere = await directoryForTest()
    const copy = join(elsewhere, basename(file))
    await copyFile(file, copy)
    const other = storeForTest({ directory: elsewhere })
    const theirs = await openIn(other)
    theirs.document.changedHere(labelled('theirs'))
    await other.store.close()
    await writeFile(file, await readFile(copy))
    document.changedHere(labelled('ours'))
    expect(await document.flush()).toEqual(
      err({
        kind: 'unavailable',
        message: `${file} holds what another process has written meanwhile`,
      }),
    )
    await tab.store.close()
    expect(await readFile(file)).toEqual(await readFile(copy))
    expect((await keptIn(storeForTest({ directory }))).labels).toEqual(['a', 'b', 'theirs'])
  })

  it('is not folded over what it does not know, but over what it has left itself', async () => {
    const files = new Map<string, Uint8Array>()
    const state = { isBad: false }
    const full = { kind: 'quota', message: 'the disk is full' } as const
    const disk: Disk = {
      prepare: async () => ok('/'),
      list: async () => ok([...files.keys()]),
      read: async (name) => ok(files.get(name) ?? null),
      write: async (name, at, bytes, mayCut) => {
        const before = files.get(name) ?? new Uint8Array(0)
        if (!mayCut(before.subarray(at))) return err(foreignIn(name))
        files.set(name, Buffer.concat([before.subarray(0, at), bytes]))
        return state.isBad ? err(full) : ok(undefined) // whole, but not known to be on the disk
      },
      replace: async (name, bytes) => {
        files.set(name, bytes)
        return ok(undefined)
      },
      remove: async () => ok(undefined),
    }
    const document = unwrap(await fileRecords(disk).document('notes', new Uint8Array(1)))
    const write = (label: string) => {
      const log = { bytes: packUpdates([labelled(label)]), updates: 1 }
      const batch = { life: null, owner: 'me', log, unsaved: [], saved: [], position: null }
      return document.write(batch)
    }
    const { life } = unwrap(await write('a'))
    state.isBad = true
    for (let i = 0; i < 4; i++) expect((await write(`b ${i}`)).ok).toBe(false)
    state.isBad = false
    unwrap(await write('b'))
    const [[name, bytes] = fail()] = files
    files.set(name, Buffer.concat([bytes, encodeFrame(BATCH)]))
    const fold = () => document.fold(life, [1, 2], packUpdates([labelled('a')]))
    expect(await fold()).toEqual(err(foreignIn(name)))
    files.set(name, bytes)
    expect(unwrap(await fold())).not.toBe(null)
  })
})

describe('a directory', () => {
  it('is made if it is not there, for this user only', async () => {
    const directory = join(await directoryForTest(), 'a', 'b')
    const { document } = await openIn(storeForTest({ directory }))
    document.changedHere(labelled('a'))
    unwrap(await document.flush())
    for (const [name, mode] of [
      [directory, 0o700],
      [
        join(directory, (await readdir(directory)).find((file) => file.endsWith('.quire')) ?? ''),
        0o600,
      ],
    ] as const)
      expect((await stat(name)).mode & 0o777).toBe(mode)
  })

  it("is one store's at a time, of this process or of another", async () => {
    const directory = await directoryForTest()
    const first = storeForTest({ directory })
    await keptIn(first)
    const refused = {
      kind: 'unavailable',
      message: `${directory} is in use by another store, of this process or of another`,
    }
    const second = storeForTest({
      directory: join(directory, '..', directory.split('/').at(-1) ?? ''),
    })
    expect(await second.store.open('notes', unheard)).toEqual({ ok: false, error: refused })
    await first.store.close()
    await keptIn(second)

    const script = fileURLToPath(new URL('testing/claim-main.ts', import.meta.url))
    const options = ['--conditions=quire-source', script, directory]
    const other = spawn(process.execPath, options, { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void other.kill('SIGKILL'))
    const heard = async (): Promise<string> => String((await once(other.stdout, 'data'))[0]).trim()
    expect(await heard()).toBe(refused.message)
    await second.store.close()
    other.stdin.write('again\n')
    expect(await heard()).toBe('open')
    const third = storeForTest({ directory })
    expect(await third.store.open('notes', unheard)).toEqual({ ok: false, error: refused })
    const exited = once(other, 'exit')
    other.kill('SIGKILL')
    await exited
    await keptIn(third)
  })

  it('that cannot be one is refused with its name', async () => {
    const { file } = await kept()
    const { store } = storeForTest({ directory: join(file, 'below') })
    const opened = await store.open('notes', unheard)
    expect(opened.ok ? null : opened.error).toMatchObject({
      kind: 'io',
      message: expect.stringContaining(`cannot use the directory ${file}/below`) as unknown,
    })
  })

  it('is opened again with the key that it was begun with, and not with another', async () => {
    const directory = await directoryForTest()
    const newKey = () =>
      crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
    const key = await newKey()
    const tab = storeForTest({ directory, keeping: encryptWith(key) })
    const { document } = await openIn(tab, 'salaries')
    document.changedHere(labelled('secret'))
    await tab.store.close()
    for (const file of await readdir(directory))
      expect(await readFile(join(directory, file), 'latin1')).not.toMatch(/salaries|secret/)
    for (const options of [{ directory }, { directory, keeping: encryptWith(await newKey()) }]) {
      const { store } = storeForTest(options)
      const opened = await store.open('salaries', unheard)
      expect(opened.ok ? null : opened.error.kind).toBe('broken')
    }
    const again = await keptIn(storeForTest({ directory, keeping: encryptWith(key) }), 'salaries')
    expect(again.unsaved).toEqual(['secret'])
  })
})
