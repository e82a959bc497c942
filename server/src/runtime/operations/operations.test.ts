import { afterEach, describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { millis, ok, OPERATIONS_FEED, readFeed } from '@quire/shared'
import { OperationsFeed } from '../../observe/operations-feed.ts'
import { all } from '../../observe/all.ts'
import { createContent } from '../../content/threaded.ts'
import { openAuth } from '../../auth/open.ts'
import { assembleOperations } from '../../operations-assembly.ts'
import type { Auth } from '../../ports/auth.ts'
import type { Clock } from '../../ports/clock.ts'
import type { QuireEvent } from '../../ports/observe.ts'
import { nameOf } from '../../storage/contract/fixture.ts'
import { systemClock } from '../system-clock.ts'
import { startTestServer, testLimits, testServerLimits, until } from '../testing/server.ts'
import { connectClient, type YClient } from '../testing/y-client.ts'
import { LIVE_NAME } from './live-writer.ts'
import { logFigures, topBy } from './open-documents.ts'

const operators: Auth = {
  ...openAuth,
  authorizeOperations: () =>
    Promise.resolve(
      ok({
        access: 'read',
        user: 'olga',
        name: 'Olga',
        tokenId: 'ops-1',
        issuedAt: millis(1),
        expiresAt: null,
      }),
    ),
}

let stop = (): Promise<void> => Promise.resolve()
afterEach(() => stop())

const start = () => {
  const events: QuireEvent[] = []
  const feed = new OperationsFeed(systemClock)
  const observe = all({ event: (event) => events.push(event) }, feed)
  const server = startTestServer({ auth: operators, observe })
  const content = createContent(systemClock, { collectGarbage: false }) // of documents
  const timers = new Set<NodeJS.Timeout>()
  const clock: Clock = {
    ...systemClock,
    after: (delayMs, task) => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        task()
      }, delayMs)
      timers.add(timer)
      return () => {
        clearTimeout(timer)
        timers.delete(timer)
      }
    },
  }
  const { operations, live } = assembleOperations({
    documents: server.documents,
    feed,
    clock,
    observe,
    content,
    refusing: () => null,
    limits: testLimits,
    serverLimits: testServerLimits,
    lagBytes: 256 * 1024,
    readMs: 60_000,
    answerBytes: 1024 * 1024,
    flushIntervalMs: () => 0,
  })
  operations.start()
  stop = async () => {
    await operations.stop(1_000)
    await content.close()
    await server.content.close()
  }
  const look = (name = LIVE_NAME) =>
    connectClient({
      documents: live,
      name,
      dialect: server.dialect,
      login: { kind: 'given', token: null, request: undefined },
    })
  return { server, operations, live, feed, events, look, timers }
}

const viewOf = (page: YClient) => readFeed(page.doc.getArray(OPERATIONS_FEED).toArray())

describe('the document that pages of operations follow', () => {
  it('has a thread for the first who looks, is told by it, and has none where nobody does', async () => {
    const { operations, look, events } = start()
    expect(operations.hasThread).toBe(false)
    const [one, other] = [look(), look()]
    await until('both are told', () => viewOf(one).now !== null && viewOf(other).now !== null)
    expect([operations.hasThread, operations.isWatched]).toEqual([true, true])
    const { at } = viewOf(one).now ?? {}
    await until('it goes on', () => viewOf(other).now?.at !== at && viewOf(one).samples.length > 0)
    one.peer.hangUp()
    other.peer.hangUp()
    await until('nobody looks', () => !operations.isWatched)
    await operations.stop(1_000)
    expect(operations.hasThread).toBe(false)
    expect(events.filter(({ kind }) => kind === 'bug')).toEqual([])
  })

  it('tells of the documents of the server, and of what was refused', async () => {
    const { server, look, events } = start()
    server.connect(nameOf('busy'))
    server.connect(nameOf('busy'))
    server.clock.advance(10)
    await until('it is open', () => events.some(({ kind }) => kind === 'session-joined'))
    const page = look()
    await until('it is told', () => (viewOf(page).now?.documents.length ?? 0) > 0)
    expect(viewOf(page).now?.documents).toMatchObject([{ name: 'busy', sessions: 2 }])
    expect(viewOf(page).now?.sessions).toMatchObject([{ family: 'y-websocket', sessions: 2 }])
  })

  it('lets nobody write, and nobody open anything else', async () => {
    const { look, events } = start()
    const page = look()
    await until('it is told', () => viewOf(page).now !== null)
    page.doc.getArray(OPERATIONS_FEED).delete(0, 1)
    const other = look()
    await until('another is told', () => viewOf(other).now !== null)
    expect(viewOf(other).now).not.toBeNull()
    const stranger = look(nameOf('busy'))
    await until('he is sent away', () => stranger.peer.ending !== null)
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'session-closed', close: 'forbidden', document: null }),
    )
  })

  it('keeps nothing of what it said before, whatever is kept of documents', async () => {
    const { look, live } = start()
    const page = look()
    await until('it goes on', () => viewOf(page).samples.length > 1)
    const shell = live.shell(LIVE_NAME)
    if (shell === undefined) throw new Error('it is not open')
    expect(await shell.fold()).toEqual(ok(undefined))
    const held = Y.encodeStateAsUpdate(page.doc).length // by a page, which drops what was deleted
    expect(logFigures(shell)?.snapshotBytes).toBeLessThan(1.05 * held)
  })

  it('is over with the server, also where somebody looks: nothing waits, and nothing is counted', async () => {
    const { look, operations, feed, timers } = start()
    const page = look()
    await until('it is told', () => viewOf(page).now !== null)
    await operations.stop(1_000)
    expect(page.peer.ending).not.toBeNull()
    expect([operations.hasThread, operations.isWatched, timers.size]).toEqual([false, false, 0])
    const bytes = 1
    feed.event({ kind: 'update-accepted', document: nameOf('busy'), family: 'quire', bytes })
    feed.sample({} as Parameters<typeof feed.sample>[0]) // whatever is measured then
    expect(feed.active.size).toBe(0)
  })

  it('[R16] sends away in the same turn whose login is taken back', async () => {
    const { server, operations, look } = start()
    const page = look()
    await until('it is told', () => viewOf(page).now !== null)
    const of = { user: 'olga', document: null, token: null }
    await server.documents.guard.revoke({ ...of, access: 'none', at: millis(Date.now()) })
    await until('she is sent away', () => page.peer.ending !== null)
    await until('nobody looks', () => !operations.isWatched)
    const again = look()
    await until('she is not let in', () => again.peer.ending !== null)
  })
})

it('the first by a figure are the same as of a sorted list', () => {
  const all = Array.from({ length: 500 }, (_, i) => (i * 7_919) % 101)
  const wanted = all.filter((one) => one > 0).toSorted((a, b) => b - a)
  expect(topBy(all, 50, (one) => one)).toEqual(wanted.slice(0, 50))
  expect(topBy([], 50, (one) => one)).toEqual([])
})
