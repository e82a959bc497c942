/*
 * The power is cut at any moment of a run of appends and folds: the writing process is stopped, its
 * files are copied as they stand, and a cut is played on them. E2E_SEED repeats a run, E2E_ROUNDS makes
 * it longer. Stopping a process whole is looked up in /proc, so Linux only.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { until } from '../../runtime/testing/server.ts'
import { nameOf, textOf, unwrap } from '../contract/fixture.ts'
import { startChild, type Child } from './testing/child.ts'
import { damages, takeImage } from './testing/crash-image.ts'
import { openLoopStorage } from './testing/loop-thread.ts'
import { numbersFrom, runSeed } from './testing/numbers.ts'
import {
  countsOf,
  planned,
  quarantinedBetween,
  snapshotText,
  updateText,
} from './testing/power-plan.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

const ROUND_MS = 120_000
const rounds = Number(process.env['E2E_ROUNDS'] ?? 1)
const IMAGES_PER_ROUND = 4

/** The numbers of the batches that have been acknowledged, as they come. */
const follow = (child: Child): number[] => {
  const acked: number[] = []
  const read = async (): Promise<void> => {
    for (let line = await child.line(); line !== null; line = await child.line())
      acked.push(line as number) // what power-process prints
  }
  void read()
  return acked
}

const isStopped = (pid: number | undefined): boolean =>
  readdirSync(`/proc/${pid}/task`).every((task) =>
    / [tT] /.test(readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8').replace(/^.*\)/, '')),
  )

/** Opens what is left: it is whole, and holds the plan up to some batch, whose number it returns. */
const openAfterCut = async (dir: string, atMost: number): Promise<number> => {
  const storage = await openLoopStorage(dir)
  expect(unwrap(await storage.verify())).toEqual([])
  const heads: number[] = []
  for (const name of planned) {
    const { id, head, snapshot } = unwrap(await storage.open(nameOf(name)))
    const through = snapshot?.through ?? 0
    const content = unwrap(await storage.read(id))
    expect(content.snapshot && textOf(content.snapshot)).toBe(
      through === 0 ? null : snapshotText(name, through),
    )
    const tail = Array.from({ length: head - through }, (_, i) => updateText(name, through + 1 + i))
    expect(content.tail.map(textOf)).toEqual(tail)
    const kept = unwrap(await storage.quarantined(id))
    expect(kept.map(({ seq, problem }) => ({ seq, problem }))).toEqual(
      quarantinedBetween(0, through),
    )
    expect(kept.map(({ bytes }) => textOf(bytes))).toEqual(
      kept.map(({ seq }) => updateText(name, seq)),
    )
    heads.push(head)
  }
  await storage.close()
  const batch = batchOf(heads, atMost)
  expect(batch, `no batch ends at ${heads.join()}`).not.toBeNull() // ST4: whole or not at all
  return batch ?? -1
}

/** The batch after which the documents end there. */
const batchOf = (heads: readonly number[], atMost: number): number | null => {
  const at = planned.map(() => 0)
  for (let batch = 0; batch <= atMost; batch++) {
    for (const [i, count] of countsOf(batch).entries()) at[i] = (at[i] ?? 0) + count
    if (at.join() === heads.join()) return batch
  }
  return null
}

test.skipIf(process.platform !== 'linux')(
  '[ST4] [ST12] [ST13] whenever the power is cut, the store opens whole, with all that was acknowledged',
  async () => {
    const seed = runSeed()
    console.log(`power loss: E2E_SEED=${seed}`)
    const below = numbersFrom(seed)
    const dir = temporaryDir()
    const program = fileURLToPath(new URL('testing/power-process.ts', import.meta.url))
    const child = startChild([join(dir, 'data')], program)
    const acked = follow(child)
    const seen = new Set<number>()
    for (let i = 0; i < rounds * IMAGES_PER_ROUND; i++) {
      const target = acked.length + 1 + below(250)
      await until(`${target} batches`, () => acked.length >= target)
      const promised = acked.at(-1) ?? 0
      child.process.kill('SIGSTOP')
      await until('it has stopped', () => isStopped(child.process.pid))
      const image = takeImage(join(dir, 'data'), join(dir, `image ${i}`))
      for (const [how, damage] of damages.entries()) {
        const left = join(dir, `image ${i}, cut ${how}`)
        const done = damage(image, left, below)
        const batch = await openAfterCut(left, promised + 50)
        const isWhole = how === 0 || how === damages.length - 1
        expect(batch, `image ${i}, ${done}`).toBeGreaterThanOrEqual(isWhole ? promised : 0)
        seen.add(batch)
      }
      child.process.kill('SIGCONT')
    }
    await child.kill()
    expect(seen.size).toBeGreaterThan(IMAGES_PER_ROUND) // the cuts did take something
  },
  rounds * ROUND_MS,
)
