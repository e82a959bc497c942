/* Hocuspocus' own providers on a shared socket without a network: their logins over a session's life. */
import { err, millis, ok } from '@quire/shared'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  hocuspocusVersions,
  makeHocuspocus,
  type HocuspocusVersion,
} from '../dialects/testing/stock-hocuspocus.ts'
import { hocuspocusFamily } from '../dialects/hocuspocus-family.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { multiplex } from './multiplexed.ts'
import { tokenAuth, WRITER } from './testing/logins.ts'
import { memoryWebSocket } from './testing/memory-web-socket.ts'
import { pass, startTestServer, until } from './testing/server.ts'
import { testConnectionLimits } from './testing/shared-socket.ts'

const notes = nameOf('notes')

/** A server on which tokens last five seconds, and a provider with a token function. */
const start = (version: HocuspocusVersion, nextToken: () => string) => {
  const server = startTestServer({
    auth: tokenAuth({
      short: () => ok({ ...WRITER, expiresAt: millis(server.clock.wall() + 5_000) }),
      long: () => ok(WRITER),
      foreign: () => err({ kind: 'forbidden', message: 'not this one' }),
    }),
  })
  const { WebSocket, opened } = memoryWebSocket((socket) =>
    multiplex({
      socket,
      token: null,
      documents: server.documents,
      clock: server.clock,
      family: hocuspocusFamily(testConnectionLimits.documents, {
        presenceEntries: 100,
        presenceBytes: 16 * 1024,
      }),
      limits: testConnectionLimits,
      observe: { event: () => undefined },
    }),
  )
  const asked: string[] = []
  const token = (): Promise<string> => {
    const next = nextToken()
    asked.push(next)
    return Promise.resolve(next)
  }
  const { provider, socket } = makeHocuspocus(
    version,
    { name: 'notes', token },
    { isConnecting: true, WebSocketPolyfill: WebSocket, delay: 1, minDelay: 0 },
  )
  const denied: string[] = []
  provider.on('authenticationFailed', ({ reason }: { reason: string }) => denied.push(reason))
  onTestFinished(() => {
    provider.destroy()
    socket.destroy()
  })
  return { server, provider, opened, asked, denied }
}

describe.each(hocuspocusVersions)('provider %s', (version) => {
  it('is let in, and shows "saved" once what it typed is on disk', async () => {
    const { server, provider } = start(version, () => 'long')
    await until('it is let in', () => provider.isAuthenticated)
    await until('it has nothing to save', () => provider.unsyncedChanges === 0)
    server.weather.hold('append')
    provider.document.getText('text').insert(0, 'hello')
    await pass(server.clock, 1_000)
    expect(provider.unsyncedChanges).toBe(1)
    server.weather.release('append')
    await until('it is saved', () => {
      server.clock.advance(10)
      return provider.unsyncedChanges === 0
    })
  })

  it('is denied on the open socket, with the login’s own words, and does not come back by itself', async () => {
    const { server, opened, denied } = start(version, () => 'foreign')
    await until('it is denied', () => denied.length > 0)
    await pass(server.clock, 30_000)
    expect(denied).toEqual(['not this one'])
    expect(opened).toHaveLength(1)
    expect(opened[0]?.ending).toBeNull()
  })

  it('[R16] goes on with another login when its own expires', async () => {
    const tokens = ['short', 'long']
    const { server, provider, asked, opened, denied } = start(version, () => tokens.shift() ?? '')
    await until('it is let in', () => provider.isAuthenticated)
    await pass(server.clock, 5_000)
    await until('it is asked again, or comes back', () => {
      server.clock.advance(1_000)
      return asked.length === 2
    })
    provider.document.getText('text').insert(0, 'hello')
    await until('it is saved', () => {
      server.clock.advance(10)
      return provider.isAuthenticated && provider.unsyncedChanges === 0
    })
    expect(asked).toEqual(['short', 'long'])
    expect(denied).toEqual([])
    expect(opened).toHaveLength(version === '2.15.3' ? 2 : 1) // version 2 does not know the question
  })

  it('[R16] learns at once that it may only read, and that it may do nothing, and stays away', async () => {
    const { server, provider, opened, denied } = start(version, () => 'long')
    await until('it is let in', () => provider.isAuthenticated)
    await until('it has nothing to save', () => provider.unsyncedChanges === 0)
    await server.documents.guard.revoke({ user: 'ann', access: 'read' })
    await until('it knows', () => provider.authorizedScope === 'readonly')
    provider.document.getText('text').insert(0, 'aside')
    await pass(server.clock, 1_000)
    expect(server.memory.byName.get(notes)?.tail).toEqual([])
    expect(server.memory.byName.get(notes)?.patches).toMatchObject([{ user: 'ann' }])
    await server.documents.guard.revoke({ user: 'ann', access: 'none' })
    await until('it knows', () => denied.length > 0 || opened[0]?.ending !== null)
    await pass(server.clock, 30_000)
    expect(server.documents.figures().sessions).toBe(0)
    expect(opened.length).toBeLessThan(3)
  })

  it('[R21] is told that its document was deleted, and stays away', async () => {
    const { server, provider, opened } = start(version, () => 'long')
    await until('it is let in', () => provider.isAuthenticated)
    provider.document.getText('text').insert(0, 'old')
    await pass(server.clock, 1_000)
    await server.documents.delete(notes)
    await pass(server.clock, 30_000)
    expect(server.memory.byName.has(notes)).toBe(false)
    expect(server.documents.figures().sessions).toBe(0)
    expect(opened.length).toBeLessThan(3)
  })
})
