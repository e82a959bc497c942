import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { damages, takeImage } from './crash-image.ts'
import { numbersFrom } from './numbers.ts'
import { temporaryDir } from './temporary-dir.ts'

const frameBytes = 24 + 4096
const frames = 10

/** An image of a log of 10 frames, of which a checkpoint has copied and attempted so many. */
const imageIn = (dir: string, { backfilled, attempted }: Record<string, number>) => {
  mkdirSync(join(dir, 'data'))
  const shm = new Uint32Array(32_768 / 4)
  shm.set([frames], 16 / 4)
  shm.set([backfilled ?? 0], 96 / 4)
  shm.set([attempted ?? 0], 128 / 4)
  const log = new Uint8Array(32 + frames * frameBytes).fill(7)
  writeFileSync(join(dir, 'data', 'quire.db'), new Uint8Array(4096))
  writeFileSync(join(dir, 'data', 'quire.db-wal'), log)
  writeFileSync(join(dir, 'data', 'quire.db-shm'), shm)
  return takeImage(join(dir, 'data'), join(dir, 'image'))
}

/** The least of the log that any of many cuts has left as it was, in frames. */
const leastLeft = (progress: { backfilled: number; attempted: number }): number => {
  const dir = temporaryDir()
  const image = imageIn(dir, progress)
  const below = numbersFrom(1)
  let least = frames
  for (let i = 0; i < 100; i++)
    for (const [how, damage] of damages.entries()) {
      const cut = join(dir, `cut ${i} ${how}`)
      damage(image, cut, below)
      const log = readFileSync(join(cut, 'quire.db-wal'))
      const changed = log.findIndex((byte) => byte !== 7)
      const left = changed < 0 ? log.length : changed
      least = Math.min(least, Math.floor(Math.max(0, left - 32) / frameBytes))
    }
  return least
}

test('a cut takes no frame that a checkpoint has begun to copy, copied or not, and may take all others', () => {
  expect(leastLeft({ backfilled: 0, attempted: 0 })).toBe(0)
  expect(leastLeft({ backfilled: 4, attempted: 4 })).toBe(4)
  expect(leastLeft({ backfilled: 0, attempted: 7 })).toBe(7)
  expect(leastLeft({ backfilled: 4, attempted: frames })).toBe(frames)
})
