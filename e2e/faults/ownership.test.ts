import { afterEach, describe, expect, it } from 'vitest'
import { startServer } from '../harness/server-process.ts'
const TEST_MS = 60_000

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

describe('a second process on one data directory', { timeout: TEST_MS }, () => {
  it('is refused with the name of the owner, who goes on', async () => {
    const owner = await startServer()
    cleanups.push(owner.remove)
    const { dataDir, pid } = owner
    await expect(startServer({ dataDir })).rejects.toThrow(
      new RegExp(
        `^server ended with 1:\nquire: data directory ${dataDir} is in use by process ${pid} `,
      ),
    )
    expect((await fetch(`${owner.url}/health/ready`)).status).toBe(200)
  })

  it('starts at once after a kill -9 of the owner', async () => {
    const owner = await startServer()
    cleanups.push(owner.remove)
    await owner.end('SIGKILL')
    const next = await startServer({ dataDir: owner.dataDir })
    cleanups.push(() => next.end('SIGKILL'))
    expect((await fetch(`${next.url}/health/ready`)).status).toBe(200)
  })
})
