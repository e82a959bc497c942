import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { startServer } from '../harness/server-process.ts'
import { openClient } from '../harness/stock-client.ts'
import { until } from '../harness/until.ts'

const COMMAND = fileURLToPath(new URL('main.ts', import.meta.url))
const TRACE = fileURLToPath(new URL('../traces/sveltecomponent.json.gz', import.meta.url))
const TEST_MS = 120_000

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Outcome {
  readonly code: number
  readonly out: string
  readonly errors: string
}

/** Runs the command as `npm run replay` does. */
const replay = (...argv: readonly string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    const all = ['--conditions=quire-source', COMMAND, ...argv]
    execFile(process.execPath, all, (error, out, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, errors }),
    )
  })

describe('npm run replay', { timeout: TEST_MS }, () => {
  it('prints figures, and that a fresh reader holds the end text', async () => {
    const { code, out, errors } = await replay(TRACE)
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    expect(out).toMatch(/^sveltecomponent: 18335 transactions of 1 writer\n/)
    expect(out).toMatch(/100 %  18335 of 18335/)
    expect(out).toMatch(/^updates per second  \d+$/m)
    expect(out).toMatch(/^elapsed             [\d.]+ s, until all 18335 were committed$/m)
    expect(out).toMatch(/^bytes of the state  \d+$/m)
    expect(out).toMatch(/^bytes on disk       \d+, after a clean stop$/m)
    expect(out).toMatch(/\na fresh reader holds exactly the end text, 18451 characters\n$/)
  })

  it('writes into a running server, but not into a document that holds something', async () => {
    const on = await startServer()
    cleanups.push(on.remove)
    const client = openClient(on, 'a/taken')
    cleanups.push(client.close)
    await client.synced()
    client.text.insert(0, 'mine')
    await until('it is acknowledged', () => client.wire.acknowledged.length > 0)

    const taken = await replay(TRACE, '--url', `${on.yjsUrl}/`, '--document', 'a/taken')
    expect(taken.code).toBe(1)
    expect(taken.errors).toBe(
      'replay: document a/taken is not empty; --document takes another name\n',
    )
    const free = await replay(TRACE, '--url', on.yjsUrl, '--document', 'a/free')
    expect(free.code).toBe(0)
    expect(free.out).not.toContain('on disk')
    const reader = openClient(on, 'a/free')
    cleanups.push(reader.close)
    await reader.synced()
    expect(reader.text.toJSON()).toHaveLength(18_451)
  })

  it.each([
    { argv: [], error: /^replay: FILE is missing: which trace\?\n\nUsage: / },
    { argv: ['/nowhere.gz'], error: /^replay: cannot read \/nowhere\.gz: ENOENT/ },
    { argv: [COMMAND], error: /^replay: \S+main\.ts is not a trace: / },
    {
      argv: [TRACE, '--url', 'ws://127.0.0.1:9/yjs'],
      error: /^replay: cannot reach ws:\/\/127\.0\.0\.1:9\/yjs: .*ECONNREFUSED/,
    },
  ])('replay $argv fails with a sentence', async ({ argv, error }) => {
    const { code, errors } = await replay(...argv)
    expect(code).toBe(1)
    expect(errors).toMatch(error)
    expect(errors).not.toMatch(/\n\s+at /) // no stack
  })
})
