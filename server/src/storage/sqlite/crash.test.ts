import { copyFileSync, mkdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { nameOf, textOf, unwrap } from '../contract/fixture.ts'
import { openLoopStorage } from './testing/loop-thread.ts'
import { type Child, startChild } from './testing/child.ts'
import { numbersFrom, runSeed } from './testing/numbers.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

vi.setConfig({ testTimeout: 240_000 }) // a process with threads for every round

interface Ack {
  readonly doc: number
  readonly first: number
  readonly texts: readonly string[]
}

const killRounds = 10
const tearings = 40

/** Reads lines until `count` acks have come; returns them. */
const acksOf = async (child: Child, count: number): Promise<Ack[]> => {
  expect(await child.line()).toEqual({ opened: child.process.pid })
  const acks: Ack[] = []
  while (acks.length < count) acks.push((await child.line()) as Ack) // what append-process prints
  return acks
}

/** Kills the child and returns the acks that it printed before it died. */
const killAndDrain = async (child: Child): Promise<Ack[]> => {
  await child.kill()
  const acks: Ack[] = []
  for (let ack = await child.line(); ack !== null; ack = await child.line()) acks.push(ack as Ack)
  return acks
}

/** What the three documents hold after opening the files anew, by id; nothing in them is damaged. */
const logsAfterOpening = async (dataDir: string): Promise<Map<number, string[]>> => {
  const storage = await openLoopStorage(dataDir)
  const logs = new Map<number, string[]>()
  for (const raw of ['x', 'y', 'z']) {
    const { id, head, tail } = unwrap(await storage.open(nameOf(raw)))
    expect(tail).toHaveLength(head)
    logs.set(id, tail.map(textOf))
  }
  expect(unwrap(await storage.verify())).toEqual([])
  await storage.close()
  return logs
}

test('[ST12] kill -9 at any moment loses nothing that was acknowledged', async () => {
  const seed = runSeed()
  console.log(`kill -9 rounds: seed ${seed}`)
  const below = numbersFrom(seed)
  const dataDir = temporaryDir()
  const acked: Ack[] = []
  for (let round = 0; round < killRounds; round++) {
    const child = startChild([dataDir, 'append'])
    acked.push(...(await acksOf(child, 1 + below(200))))
    acked.push(...(await killAndDrain(child)))

    const logs = await logsAfterOpening(dataDir)
    const lost = acked.filter(({ doc, first, texts }) =>
      texts.some((text, i) => logs.get(doc)?.[first - 1 + i] !== text),
    )
    expect(lost).toEqual([])
  }
})

test('[ST12] a torn WAL opens clean, with the batches before the tear', async () => {
  const seed = runSeed()
  console.log(`torn WAL: seed ${seed}`)
  const below = numbersFrom(seed)
  const dir = temporaryDir()
  const child = startChild([join(dir, 'origin'), 'append'])
  await acksOf(child, 60)
  await killAndDrain(child)
  const origin = join(dir, 'origin')
  const walBytes = statSync(join(origin, 'quire.db-wal')).size
  const copyTo = (name: string): string => {
    const copy = join(dir, name)
    mkdirSync(copy)
    for (const file of ['quire.db', 'quire.db-wal'])
      copyFileSync(join(origin, file), join(copy, file))
    return copy
  }
  const whole = await logsAfterOpening(copyTo('whole'))
  expect(whole.get(1)?.length).toBeGreaterThan(60)

  const lengths = new Set<number>()
  for (let tear = 0; tear < tearings; tear++) {
    const torn = copyTo(`torn ${tear}`)
    const wal = join(torn, 'quire.db-wal')
    truncateSync(wal, below(walBytes))
    // A power cut may also leave the full length with zeros at the end.
    if (tear % 2 === 1) truncateSync(wal, walBytes)
    const logs = await logsAfterOpening(torn)
    for (const [id, texts] of logs) expect(texts).toEqual(whole.get(id)?.slice(0, texts.length))
    lengths.add(logs.get(1)?.length ?? 0)
  }
  expect(lengths.size).toBeGreaterThan(3)
})
