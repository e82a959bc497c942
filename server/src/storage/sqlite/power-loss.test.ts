/*
 * The power is cut at any moment of a run of appends and folds: the writing process is stopped, its
 * files are copied as they stand, and a cut is played on them. E2E_SEED repeats a run, E2E_ROUNDS makes
 * it longer. Stopping a process whole is looked up in /proc, so Linux only.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { until } from '../../runtime/testing/server.ts'
import { nameOf, textOf, unwrap } from '../contract/fixture.ts'
import { startChild, type Child } from './testing/child.ts'
import {
  type Below,
  changeOfDatabase,
  damages,
  describeImage,
  isInCheckpoint,
  takeImage,
} from './testing/crash-image.ts'
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
const openAfterCut = async (dir: string, done: string, atMost: number): Promise<number> => {
  const storage = await openLoopStorage(dir)
  expect(await storage.verify(), `cut: ${done}`).toEqual({ ok: true, value: [] })
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
  expect(batch, `cut: ${done}: no batch ends at ${heads.join()}`).not.toBeNull() // ST4: whole or not at all
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

/** Stops the process whole. Returns the last batch that it is known to have acknowledged. */
const stop = async ({ process }: Child, acked: readonly number[]): Promise<number> => {
  const promised = acked.at(-1) ?? 0
  process.kill('SIGSTOP')
  await until('it has stopped', () => isStopped(process.pid))
  return promised
}

/** Stops the process in the midst of a checkpoint, some pages of which stand in the database. */
const stopInCheckpoint = async (
  child: Child,
  acked: readonly number[],
  dataDir: string,
): Promise<number> => {
  for (;;) {
    let before = changeOfDatabase(dataDir)
    while (!isInCheckpoint(dataDir) || changeOfDatabase(dataDir) === before) {
      if (!isInCheckpoint(dataDir)) before = changeOfDatabase(dataDir)
      await setImmediate()
    }
    const promised = await stop(child, acked)
    if (isInCheckpoint(dataDir)) return promised
    child.process.kill('SIGCONT') // it was through before the signal came
  }
}

/** Plays every cut on the files of a stopped process. Returns how many batches each has left. */
const cutEachWay = async (
  dir: string,
  name: string,
  promised: number,
  below: Below,
): Promise<number[]> => {
  const image = takeImage(join(dir, 'data'), join(dir, name))
  const left: number[] = []
  for (const [how, damage] of damages.entries()) {
    const cut = join(dir, `${name}, cut ${how}`)
    const done = `${name} (${describeImage(image)}), ${damage(image, cut, below)}`
    const batch = await openAfterCut(cut, done, promised + 50)
    const isWhole = how === 0 || how === damages.length - 1
    expect(batch, `cut: ${done}`).toBeGreaterThanOrEqual(isWhole ? promised : 0)
    left.push(batch)
  }
  return left
}

const start = (dir: string) => {
  const seed = runSeed()
  console.log(`power loss: E2E_SEED=${seed}`)
  const child = startChild(
    [join(dir, 'data')],
    fileURLToPath(new URL('testing/power-process.ts', import.meta.url)),
  )
  return { below: numbersFrom(seed), child, acked: follow(child) }
}

test.skipIf(process.platform !== 'linux')(
  '[ST4] [ST12] [ST13] whenever the power is cut, the store opens whole, with all that was acknowledged',
  async () => {
    const dir = temporaryDir()
    const { below, child, acked } = start(dir)
    const seen = new Set<number>()
    for (let i = 0; i < rounds * IMAGES_PER_ROUND; i++) {
      const target = acked.length + 1 + below(250)
      await until(`${target} batches`, () => acked.length >= target)
      const promised = await stop(child, acked)
      for (const batch of await cutEachWay(dir, `image ${i}`, promised, below)) seen.add(batch)
      child.process.kill('SIGCONT')
    }
    await child.kill()
    expect(seen.size).toBeGreaterThan(IMAGES_PER_ROUND) // the cuts did take something
  },
  rounds * ROUND_MS,
)

// A stop at random seldom meets one: some 20 ms for each 16 MiB of log.
test.skipIf(process.platform !== 'linux')(
  '[ST4] [ST12] [ST13] a power cut in the midst of a checkpoint leaves the store whole',
  async () => {
    const dir = temporaryDir()
    const { below, child, acked } = start(dir)
    for (let i = 0; i < rounds; i++) {
      const promised = await stopInCheckpoint(child, acked, join(dir, 'data'))
      const left = await cutEachWay(dir, `checkpoint ${i}`, promised, below)
      // it copies all that is committed, so all of that is synced
      expect(Math.min(...left)).toBeGreaterThanOrEqual(promised)
      child.process.kill('SIGCONT')
    }
    await child.kill()
  },
  rounds * ROUND_MS,
)
