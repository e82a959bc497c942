/*
 * What coming back to a document of 260,000 edits costs after 10 missed ones, beside y-websocket's client in the same
 * run: bytes in both directions, handshakes included. E2E_TRACE names another document.
 */
import { connect } from '@quire/provider'
import { afterEach, expect, it } from 'vitest'
import { applyUpdate, Doc } from 'yjs'
import { baseOf, transactionsOf } from '../bench/load/corpus.ts'
import { startMeteredProxy, type MeteredProxy } from '../harness/metered-proxy.ts'
import { startServer } from '../harness/server-process.ts'
import { openClient, TEXT } from '../harness/stock-client.ts'
import { until } from '../harness/until.ts'

const trace = process.env['E2E_TRACE'] ?? 'automerge-paper'
const MISSED = 10
/** Of what y-websocket's client needs. */
const SHARE = 1 / 20
const TEST_MS = 300_000
const QUIET_MS = 1_000

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** Waits until nothing has passed for a second. */
const untilQuiet = async (proxy: MeteredProxy): Promise<void> => {
  let last = { bytes: proxy.bytes(), at: Date.now() }
  await until('nothing passes any more', () => {
    if (proxy.bytes() !== last.bytes) last = { bytes: proxy.bytes(), at: Date.now() }
    return Date.now() - last.at > QUIET_MS
  })
}

it(
  `${MISSED} missed edits of ${trace} cost at most ${SHARE} of what they cost y-websocket's client`,
  { timeout: TEST_MS },
  async () => {
    const server = await startServer()
    cleanups.push(() => server.remove())
    const doc = new Doc()
    applyUpdate(doc, baseOf(await transactionsOf(trace)).update)
    const writer = connect({ url: server.url, document: 'old', doc, presence: false })
    cleanups.push(() => writer.close())
    expect(await writer.flush()).toEqual({ ok: true })

    const [own, others] = [
      await startMeteredProxy(server.port),
      await startMeteredProxy(server.port),
    ]
    cleanups.push(() => Promise.all([own.close(), others.close()]))
    const ann = connect({ url: own.url, document: 'old', doc: new Doc(), presence: false })
    const bob = openClient(others, 'old')
    cleanups.push(
      () => ann.close(),
      () => bob.close(),
    )
    const text = (): string => doc.getText(TEXT).toJSON()
    const textOfAnn = (): string => ann.doc.getText(TEXT).toJSON()
    await bob.synced(60_000)
    await until('ann has it', () => textOfAnn() === text(), 60_000)
    await until('ann is live', () => ann.state.kind === 'live')
    await untilQuiet(own) // by then ann knows where in the log it is
    const first = [own.bytes(), others.bytes()]

    for (const proxy of [own, others]) proxy.goAway()
    await until('both know', () => ann.state.kind === 'waiting' && !bob.provider.wsconnected)
    for (let i = 0; i < MISSED; i++) doc.getText(TEXT).insert(i * 7, `${i}`)
    expect(await writer.flush()).toEqual({ ok: true })
    const before = [own.bytes(), others.bytes()]
    for (const proxy of [own, others]) proxy.comeBack()
    await until(
      'both have it',
      () => textOfAnn() === text() && bob.text.toJSON() === text(),
      60_000,
    )
    const [ours, theirs] = [own.bytes() - (before[0] ?? 0), others.bytes() - (before[1] ?? 0)]
    process.stdout.write(
      `${trace}: opened with ${first.join(' and ')} bytes; ${MISSED} missed edits took ${ours} bytes, y-websocket ${theirs} (${(theirs / ours).toFixed(1)} times)\n`,
    )
    expect(ours).toBeLessThan(theirs * SHARE)
  },
)
