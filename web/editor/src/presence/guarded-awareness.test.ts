import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Awareness, applyAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import * as encoding from 'lib0/encoding'

import { guardAwareness } from './guarded-awareness.ts'

const ada = { name: 'Ada', colour: '#4f46e5' } as const

function receive(awareness: Awareness, clientId: number, clock: number, json: string): void {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, 1)
  encoding.writeVarUint(encoder, clientId)
  encoding.writeVarUint(encoder, clock)
  encoding.writeVarString(encoder, json)
  applyAwarenessUpdate(awareness, encoding.toUint8Array(encoder), 'peer')
}

function guarded() {
  const awareness = new Awareness(new Y.Doc())
  const guard = guardAwareness(awareness, 'default', ada)
  return { awareness, guard, [Symbol.dispose]: () => awareness.destroy() }
}

describe('guarded awareness', () => {
  it('lists ourselves first', () => {
    using room = guarded()
    receive(room.awareness, 5, 1, '{"user":{"name":"Bo","color":"#112233"}}')
    expect(room.guard.peers().map((peer) => [peer.person.name, peer.isSelf])).toEqual([
      ['Ada', true],
      ['Bo', false],
    ])
  })

  it('shows only parsed entries, whatever JSON the peers sent', () => {
    fc.assert(
      fc.property(fc.array(fc.json(), { maxLength: 8 }), (states) => {
        using room = guarded()
        states.forEach((json, index) => receive(room.awareness, index + 1, 1, json))
        for (const presence of room.guard.getStates().values()) {
          expect(presence.user.color).toMatch(/^#[0-9a-f]{6}$/i)
          expect(typeof presence.user.name).toBe('string')
        }
        expect(room.guard.peers()[0]?.isSelf).toBe(true)
      }),
    )
  })

  it.each(['null', '[]', '7', '"x"', 'true'])('leaves out a peer whose state is %s', (json) => {
    using room = guarded()
    receive(room.awareness, 5, 1, json)
    expect(room.guard.peers()).toHaveLength(1)
  })

  it('keeps our own name when a peer forges a state under our client id', () => {
    using room = guarded()
    receive(room.awareness, room.awareness.clientID, 99, '{"user":{"name":"Eve"},"cursor":7}')
    expect(room.guard.peers().map((peer) => peer.person.name)).toEqual(['Ada'])
    expect(room.guard.getLocalState()?.cursor).toBeNull()
  })

  it('publishes the cursor but no other field the editor sets', () => {
    using room = guarded()
    room.guard.setLocalStateField('user', { name: 'Other' })
    room.guard.setLocalStateField('cursor', { anchor: 1, head: 1 })
    expect(room.awareness.getLocalState()).toEqual({
      user: { name: 'Ada', color: '#4f46e5' },
      cursor: { anchor: 1, head: 1 },
    })
  })

  it('stays away after leaving, even if the editor still reports a cursor', () => {
    using room = guarded()
    room.guard.leave()
    room.guard.setLocalStateField('cursor', { anchor: 1, head: 1 })
    expect(room.awareness.getLocalState()).toBeNull()
    expect(room.guard.peers()).toEqual([])
  })
})
