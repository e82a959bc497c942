/*
 * A disk that fills up: a real one, in a mount namespace of its own (harness/private-disk.ts says what
 * that needs).
 */
import { describe, expect, it } from 'vitest'
import { haveConverged, missingFrom } from '../harness/contents.ts'
import { clientDuringTest, diskDuringTest, serverOnDisk } from '../harness/during-test.ts'
import { isReady, readiness } from '../harness/health.ts'
import type { PrivateDisk } from '../harness/private-disk.ts'
import { until } from '../harness/until.ts'

const DISK_MEGABYTES = 8
/** Unlike a keystroke, too much for the room that is left in half-used pages. */
const PARAGRAPH = 'the disk is full and we go on writing. '.repeat(200)
const TEST_MS = 60_000

const disk = (): Promise<PrivateDisk> => diskDuringTest({ megabytes: DISK_MEGABYTES })

describe('a full disk', { timeout: TEST_MS }, () => {
  it('costs nobody the connection or a keystroke, shows in health, and heals by itself', async () => {
    const full = await disk()
    const on = await serverOnDisk(full)
    const [anna, ben] = [await clientDuringTest(on, 'full'), await clientDuringTest(on, 'full')]
    const [other, another] = [
      await clientDuringTest(on, 'presence'),
      await clientDuringTest(on, 'presence'),
    ]
    anna.text.insert(0, 'before. ')
    await until('it is acknowledged', () => anna.wire.acknowledged.length > 0)
    expect(await readiness(on)).toMatchObject({ status: 200 })

    await full.fill()
    const type = (): void => anna.text.insert(anna.text.length, PARAGRAPH)
    await until('health says that writes fail', async () => {
      type()
      return !(await isReady(on))
    })
    expect(await readiness(on)).toMatchObject({
      status: 503,
      reason: expect.stringMatching(/fail/) as unknown,
    })
    type()
    const acknowledged = anna.wire.acknowledged.length
    await until('Ben sees what Anna types', () => haveConverged(anna, ben))
    other.provider.awareness.setLocalStateField('user', { name: 'other' })
    const shown = (): unknown => another.provider.awareness.getStates().get(other.doc.clientID)
    await until('presence flows elsewhere', () => shown() !== undefined)
    expect(anna.wire.acknowledged).toHaveLength(acknowledged) // nothing more is promised
    for (const person of [anna, ben, other, another]) {
      expect(person.provider.wsconnected).toBe(true)
      expect(person.wire.closes).toEqual([])
    }

    await full.free()
    await until('health is good again, without another edit', () => isReady(on))
    await on.end('SIGKILL')
    const written = [anna, ben].flatMap(({ wire }) => wire.acknowledged)
    const whole = anna.text.toJSON()
    for (const person of [anna, ben, other, another]) person.close()
    await on.restart()
    const fresh = await clientDuringTest(on, 'full')
    expect(missingFrom(fresh.doc, written)).toBe(0)
    expect(fresh.text.toJSON()).toBe(whole)
  })

  it('stops a start with a sentence', async () => {
    const full = await disk()
    await full.fill()
    await expect(serverOnDisk(full)).rejects.toThrow(
      /^server ended with 1:\nquire: [^\n]*disk is full[^\n]*\n$/,
    )
  })
})
