import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { haveConverged } from '../harness/contents.ts'
import { openRaw } from '../harness/raw-client.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { openClient, type StockClient } from '../harness/stock-client.ts'
import { until } from '../harness/until.ts'

const NAME_BYTES = 1024
const TEST_MS = 60_000

let on: ServerProcess
beforeAll(async () => {
  on = await startServer()
})
afterAll(() => on.remove())

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const client = async (document: string): Promise<StockClient> => {
  const opened = openClient(on, document)
  cleanups.push(opened.close)
  await opened.synced()
  return opened
}

describe('a name that is none', { timeout: TEST_MS }, () => {
  it.each([
    { name: 'empty', path: '', reason: 'document name is empty' },
    {
      name: 'too long',
      path: 'n'.repeat(NAME_BYTES + 1),
      reason: 'document name is 1025 bytes of UTF-8, limit 1024',
    },
    { name: 'not UTF-8', path: '%ff', reason: 'document name is not percent-encoded UTF-8' },
    { name: 'U+0000', path: 'a%00b', reason: 'document name holds U+0000' },
  ])('$name: closed with 4404 and the reason', async ({ path, reason }) => {
    const raw = await openRaw(`${on.yjsUrl}/${path}`)
    expect(await raw.whenClosed()).toEqual({ code: 4404, reason })
  })

  it('a stock client gives up instead of trying for ever', async () => {
    const opened = openClient(on, 'n'.repeat(NAME_BYTES + 1))
    cleanups.push(opened.close)
    let closed: unknown = null
    opened.provider.on('closed', (event) => (closed = event))
    await until('it gives up', () => closed !== null)
    expect(closed).toMatchObject({ code: 4404 })
    expect(opened.provider.shouldConnect).toBe(false)
  })
})

describe('a name is any text', { timeout: TEST_MS }, () => {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'a/b/c',
    '%2e%2e',
    'Grüße/日本語/👩‍👩‍👧',
    '?query#hash',
    ' ',
    'n'.repeat(NAME_BYTES),
  ]

  it('each is a document of its own that is shared, and still there after a kill', async () => {
    for (const name of names) {
      const [anna, ben] = [await client(name), await client(name)]
      anna.text.insert(0, `in ${name}`)
      await until(`Ben has ${name}`, () => haveConverged(anna, ben))
      await until(`${name} is acknowledged`, () => anna.wire.acknowledged.length > 0)
      anna.close()
      ben.close()
    }
    await on.end('SIGKILL')
    await on.restart()
    for (const name of names) {
      const fresh = await client(name)
      expect(fresh.text.toJSON()).toBe(`in ${name}`)
    }
  })
})
