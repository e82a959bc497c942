import { millis, sessionId } from '@quire/shared'
import { expect, it } from 'vitest'
import { plainGrant } from '../../auth/plain-grant.ts'
import { nameOf } from '../../storage/contract/fixture.ts'
import type { Guarded } from '../guard.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { SessionNotices } from './session-notices.ts'

const session = (id: number, transport: 'websocket' | 'direct' = 'websocket'): Guarded => ({
  document: nameOf('notes'),
  granted: plainGrant({ user: 'ann', access: 'write', expiresAt: null }),
  facts: () => ({
    id: sessionId(id),
    user: 'ann',
    name: null,
    access: 'write',
    family: 'quire',
    address: '',
    transport,
    since: millis(1_000_000),
  }),
  reapply: () => undefined,
  dismiss: () => undefined,
})

it('notes who comes and who leaves as far as that is wanted, and no visit of the server itself', () => {
  const clock = createManualClock(1_000_000)
  const notices = new SessionNotices(clock, ['session.left', 'document.changed'])
  notices.entered(session(1))
  clock.advance(250)
  notices.left(session(1))
  notices.left(session(2, 'direct'))
  expect(notices.take()).toEqual([
    {
      kind: 'session.left',
      document: 'notes',
      at: 1_000_250,
      data: {
        document: 'notes',
        session: 1,
        user: 'ann',
        family: 'quire',
        transport: 'websocket',
        ms: 250,
      },
    },
  ])
  expect(notices.take()).toEqual([])
})

it('holds ten thousand of a crowd, and counts the others', () => {
  const notices = new SessionNotices(createManualClock(), ['session.joined'])
  for (let id = 0; id < 10_100; id++) notices.entered(session(id))
  const taken = notices.take()
  expect(taken).toHaveLength(10_000)
  for (let id = 0; id < 30; id++) notices.entered(session(id))
  notices.putBack(taken)
  expect(notices.take()).toEqual(taken)
  expect(notices.takeDropped()).toBe(130)
  expect(notices.takeDropped()).toBe(0)
})
