/* [P27] Nobody is shown as somebody else, whatever family says so. */
import { clientId, encodePresence, ok } from '@quire/shared'
import * as encoding from 'lib0/encoding'
import { describe, expect, it } from 'vitest'
import { plainGrant } from '../auth/plain-grant.ts'
import { ySweet } from '../dialects/y-sweet.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { tokenAuth } from './testing/logins.ts'
import { openQuire } from './testing/quire-peer.ts'
import { pass, settle, startTestServer, type TestServer } from './testing/server.ts'
import { openAll, openShared } from './testing/shared-socket.ts'

const notes = nameOf('notes')
const CLIENT = 4_711
const claim = { user: { id: 'ann', name: 'Ann', color: 'red' } }
const presence = encodePresence([
  { client: clientId(CLIENT), clock: 1, state: JSON.stringify(claim) },
])
// whoever has no token is eve as well: stock clients of a test have none
const eve = () =>
  ok({ ...plainGrant({ access: 'write', user: 'eve', expiresAt: null }), name: 'Eve' })
const auth = tokenAuth({ '': eve, eve })

const families: readonly [string, (server: TestServer) => Promise<unknown>][] = [
  ['y-websocket', async (server) => connect(server, server.dialect)],
  [
    'y-sweet',
    async (server) => connect(server, ySweet({ presenceEntries: 10, presenceBytes: 900 })),
  ],
  [
    'Hocuspocus',
    async (server) => {
      const socket = openShared(server)
      await openAll(socket, ['notes'], { token: 'eve' })
      socket.say(
        'notes',
        1,
        ...encoding.encode((out) => encoding.writeVarUint8Array(out, presence)),
      )
    },
  ],
  [
    'quire.v1',
    async (server) => {
      const socket = openQuire(server)
      socket.open(1, 'notes', { token: 'eve' })
      await settle()
      socket.say(1, { kind: 'presence', presence })
    },
  ],
]

const connect = (server: TestServer, dialect: TestServer['dialect']): void => {
  const { peer } = server.connect(notes, { dialect })
  peer.say(
    encoding.encode((out) => {
      encoding.writeVarUint(out, 1)
      encoding.writeVarUint8Array(out, presence)
    }),
  )
}

describe('[P27] who says in its presence that it is somebody else', () => {
  it.each(families)('by %s is shown as who its login says', async (_, claimBy) => {
    const server = startTestServer({ auth })
    const observer = server.connect(notes, { presence: {} })
    await settle()
    await claimBy(server)
    await pass(server.clock, 500)
    expect(observer.awareness.getStates().get(CLIENT)).toEqual({
      user: { id: 'eve', name: 'Eve', color: 'red' },
    })
  })
})
