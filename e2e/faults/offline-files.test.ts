/* Documents that @quire/provider keeps in files: processes killed while they write, disks full or read-only. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileStore, unheard } from '@quire/provider/node'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as Y from 'yjs'
import { diskDuringTest } from '../harness/during-test.ts'
import { startOfflineTypist, type OfflineTypist } from '../harness/offline-typist.ts'
import { until } from '../harness/until.ts'

const KILLS = 12

const typistDuringTest = (directory: string, launcher?: readonly string[]): OfflineTypist => {
  const typist = startOfflineTypist(directory, launcher)
  onTestFinished(() => typist.kill())
  return typist
}

const directoryDuringTest = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'quire-offline-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** The edits that a directory holds, and how many of them are unsaved. */
const editsIn = async (directory: string) => {
  const store = createFileStore({ directory })
  const opened = await store.open('typed', unheard)
  if (!opened.ok) throw new Error(opened.error.message)
  const { updates, unsaved } = opened.value.kept
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  await store.close()
  return {
    edits: doc.getArray<number>('edits').toArray(),
    unsaved: unsaved.length,
    updates: updates.length,
  }
}

const oneTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i + 1)

describe('documents in files', () => {
  it('[OS14] lose nothing that was kept when the process is killed, again and again', async () => {
    const directory = await directoryDuringTest()
    let before = 0
    for (let i = 0; i < KILLS; i++) {
      const typist = typistDuringTest(directory)
      const enough = before + 120 + ((i * 97) % 200)
      await until('it has kept some', () => typist.kept > enough)
      await typist.kill()
      const { kept } = typist
      const { edits, unsaved } = await editsIn(directory)
      expect(edits).toEqual(oneTo(edits.length))
      expect(edits.length).toBeGreaterThanOrEqual(kept)
      expect(edits.length).toBeLessThanOrEqual(kept + 2)
      expect(unsaved).toBeGreaterThanOrEqual(Math.min(50, kept))
      before = edits.length
    }
    const { edits, updates } = await editsIn(directory)
    expect(updates).toBeLessThan(edits.length)
  })

  it('outlive a full disk: it is told, nothing is lost, and it heals by itself', async () => {
    const disk = await diskDuringTest({ megabytes: 2 })
    const typist = typistDuringTest(disk.path, disk.launcher)
    await until('it keeps', () => typist.kept > 100)
    await disk.fill()
    await until('it is told', () => typist.problems.includes('quota'))
    const { kept } = typist
    const full = await disk.copy()
    onTestFinished(() => rm(full, { recursive: true }))
    const meanwhile = await editsIn(full)
    expect(meanwhile.edits).toEqual(oneTo(meanwhile.edits.length))
    expect(meanwhile.edits.length).toBeGreaterThanOrEqual(kept)
    await disk.free()
    await until('it works again', () => typist.problems.at(-1) === 'works')
    await until('it keeps more', () => typist.kept > kept + 20)
    await typist.kill()
    const healed = await disk.copy()
    onTestFinished(() => rm(healed, { recursive: true }))
    const { edits } = await editsIn(healed)
    expect(edits).toEqual(oneTo(edits.length))
    expect(edits.length).toBeGreaterThanOrEqual(typist.kept)
  })

  it('are read from a disk that cannot be written, and kept once it can', async () => {
    const disk = await diskDuringTest({ megabytes: 4 })
    const first = typistDuringTest(disk.path, disk.launcher)
    await until('it keeps', () => first.kept > 10)
    await first.kill()
    await disk.remount('ro')
    const typist = typistDuringTest(disk.path, disk.launcher)
    await until('it is told', () => typist.problems.includes('io'))
    expect(typist.kept).toBe(0)
    await disk.remount('rw')
    await until('it keeps', () => typist.kept > first.kept && typist.problems.length > 1)
    expect(typist.problems).toEqual(['io', 'works'])
    await typist.kill()
    const copy = await disk.copy()
    onTestFinished(() => rm(copy, { recursive: true }))
    const { edits } = await editsIn(copy)
    expect(edits).toEqual(oneTo(edits.length))
  })
})
