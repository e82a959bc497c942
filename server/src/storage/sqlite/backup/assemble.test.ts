import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDir } from '../testing/temporary-dir.ts'
import { mayMount, temporaryDisk } from '../testing/temporary-disk.ts'
import { assemble } from './assemble.ts'
import { hashOf, writeChunk } from './chunks.ts'
import { CHUNK_BYTES, type Manifest, targetPaths } from './manifest.ts'

/** A backup of random bytes, in so many whole chunks. */
const backedUp = async (count: number) => {
  const target = temporaryDir()
  const bytes = randomBytes(count * CHUNK_BYTES)
  const chunks: string[] = []
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const part = bytes.subarray(at, at + CHUNK_BYTES)
    const hash = hashOf(part)
    await writeChunk(targetPaths(target).chunks, hash, part)
    chunks.push(hash)
  }
  const manifest: Manifest = {
    format: 1,
    at: '2026-11-26T06:29:29.000Z',
    version: '1.0.0',
    schemaVersion: 6,
    pageSize: 4096,
    bytes: bytes.length,
    chunkBytes: CHUNK_BYTES,
    sha256: hashOf(bytes),
    documents: 1,
    heads: 1,
    chunks,
  }
  const signal = new AbortController().signal
  const assembleTo = (to: string) =>
    assemble({ target, manifest, to, signal, onBytes: () => undefined })
  return { bytes, assembleTo }
}

test('a backup is put together as it was, for this user only', async () => {
  const { bytes, assembleTo } = await backedUp(3)
  const to = join(temporaryDir(), 'quire.db')
  await assembleTo(to)
  expect(readFileSync(to).equals(bytes)).toBe(true)
  expect(statSync(to).mode & 0o777).toBe(0o600)
})

test.runIf(mayMount)('a disk that fills up within the last chunk is told of', async () => {
  const { assembleTo } = await backedUp(2)
  const to = join(temporaryDisk('size=96k'), 'quire.db') // a chunk, and the half of one
  await expect(assembleTo(to)).rejects.toMatchObject({ code: 'ENOSPC' })
})
