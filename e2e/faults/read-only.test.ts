/*
 * A disk that cannot be written. Before the start it is mounted read-only. Linux lets nobody make one
 * read-only under open files; what a kernel does so after an I/O error is that every write fails, and
 * so it does for a process whose limit on the size of files is 0 (setrlimit(2), RLIMIT_FSIZE). SQLite
 * answers both with SQLITE_IOERR_WRITE.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { haveConverged, missingFrom } from '../harness/contents.ts'
import {
  clientDuringTest,
  diskDuringTest,
  serverDuringTest,
  serverOnDisk,
} from '../harness/during-test.ts'
import { isReady, readiness } from '../harness/health.ts'
import type { PrivateDisk } from '../harness/private-disk.ts'
import type { ServerProcess } from '../harness/server-process.ts'
import { until } from '../harness/until.ts'

const DISK_MEGABYTES = 8
const TEST_MS = 60_000

const disk = (readOnly: boolean): Promise<PrivateDisk> =>
  diskDuringTest({ megabytes: DISK_MEGABYTES, readOnly })

const REFUSAL = /^server ended with 1:\nquire: [^\n]*read-only[^\n]*\n$/

describe('a read-only disk', { timeout: TEST_MS }, () => {
  it('stops a start with a sentence that names the directory', async () => {
    const readOnly = await disk(true)
    const started = serverOnDisk(readOnly)
    await expect(started).rejects.toThrow(REFUSAL)
    await expect(started).rejects.toThrow(readOnly.path)
  })

  it('with documents on it does the same, and they are there when it can be written', async () => {
    const mounted = await disk(false)
    const on = await serverOnDisk(mounted)
    const anna = await clientDuringTest(on, 'kept')
    anna.text.insert(0, 'kept')
    await until('it is acknowledged', () => anna.wire.acknowledged.length > 0)
    await on.end('SIGTERM')
    anna.close()
    await mounted.remount('ro')
    const refused = serverOnDisk(mounted)
    await expect(refused).rejects.toThrow(REFUSAL)
    await expect(refused).rejects.toThrow(mounted.path)
    await mounted.remount('rw')
    const again = await serverOnDisk(mounted)
    expect((await clientDuringTest(again, 'kept')).text.toJSON()).toBe('kept')
  })
})

/** From here on every write of the process to a file fails, or none does. */
const limitFiles = async (on: ServerProcess, limit: '0' | 'unlimited'): Promise<void> => {
  await promisify(execFile)('prlimit', [`--fsize=${limit}:unlimited`, '--pid', String(on.pid)])
}

describe('a disk that stops taking writes', { timeout: TEST_MS }, () => {
  it('costs nobody the connection or a keystroke, shows in health, and heals by itself', async () => {
    const on = await serverDuringTest()
    const [anna, ben] = [
      await clientDuringTest(on, 'refused'),
      await clientDuringTest(on, 'refused'),
    ]
    anna.text.insert(0, 'before. ')
    await until('it is acknowledged', () => anna.wire.acknowledged.length > 0)

    await limitFiles(on, '0')
    const before = anna.wire.acknowledged.length
    anna.text.insert(anna.text.length, 'meanwhile. ')
    await until('health says that writes fail', async () => !(await isReady(on)))
    expect(await readiness(on)).toMatchObject({
      status: 503,
      reason: expect.stringMatching(/writes of 1 document fail/) as unknown,
    })
    ben.text.insert(ben.text.length, 'and Ben. ')
    await until('they see what the other types', () => haveConverged(anna, ben))
    expect(anna.wire.acknowledged).toHaveLength(before) // nothing more is promised
    const late = await clientDuringTest(on, 'refused')
    expect(late.text.toJSON()).toBe(anna.text.toJSON()) // what is not on disk is served, too
    for (const person of [anna, ben, late]) {
      expect(person.provider.wsconnected).toBe(true)
      expect(person.wire.closes).toEqual([])
    }

    await limitFiles(on, 'unlimited')
    await until('health is good again, without another edit', () => isReady(on))
    await on.end('SIGKILL')
    const written = [anna, ben].flatMap(({ wire }) => wire.acknowledged)
    const whole = anna.text.toJSON()
    for (const person of [anna, ben, late]) person.close()
    await on.restart()
    const fresh = await clientDuringTest(on, 'refused')
    expect(missingFrom(fresh.doc, written)).toBe(0)
    expect(fresh.text.toJSON()).toBe(whole)
  })
})
