/* [R21] Rooms that have lost their name, and who waits for their end. */
import { docId, millis, readUpdate, sessionId } from '@quire/shared'
import { expect, it } from 'vitest'
import { createClusterHub } from '../cluster/single.ts'
import type { Undo } from '../ports/undo.ts'
import { createRoom } from '../room/phase.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { AnswerPool } from './answer-pool.ts'
import { AutoVersions } from './auto-versions.ts'
import { Deletions } from './deletions.ts'
import { Gate } from './gate.ts'
import { GroupCommit } from './group-commit.ts'
import { HeldBytes } from './held-bytes.ts'
import { RoomShell, type ShellPorts } from './room-shell.ts'
import { Rooms } from './rooms.ts'
import { createSession } from './session.ts'
import { createMemorySocket } from './testing/memory-socket.ts'
import { typistOf } from './testing/quire-peer.ts'
import { settle, startTestServer, testLimits, testServerLimits } from './testing/server.ts'
import { Turns } from './turns.ts'

const notes = nameOf('notes')

/** Rooms that count who waits. */
class CountingRooms extends Rooms {
  waits = 0

  override whenEnded(doc: ReturnType<typeof docId>, task: () => void): Undo {
    this.waits++
    const undo = super.whenEnded(doc, task)
    return () => {
      this.waits--
      undo()
    }
  }
}

/** A room in which something was written that does not get to disk. */
const setUp = async () => {
  const { weather, clock, content, dialect, memory } = startTestServer()
  const { storage } = weather
  const observe = { event: () => undefined }
  const ports: ShellPorts = {
    storage,
    clock,
    content,
    observe,
    commits: new GroupCommit({ storage, clock, spacingMs: 10 }),
    cluster: createClusterHub().node(),
    stateless: { received: () => undefined },
    lagBytes: 256 * 1024,
    readMs: 60_000,
    flushIntervalMs: () => 0,
    answering: { storage, content, pool: new AnswerPool(clock, 1024 * 1024), gate: new Gate(1) },
    folds: new Gate(1),
    merges: new Gate(1),
    turns: new Turns(clock, 1024 * 1024),
    held: new HeldBytes(testServerLimits),
    versions: new AutoVersions(
      { storage, content, clock, observe },
      { versionsKept: 0, versionEveryMs: 0 },
    ),
  }
  const rooms = new CountingRooms({
    limit: 2,
    make: (name, onEvicted) =>
      new RoomShell(createRoom({ name, limits: testLimits, durability: 'ack' }), ports, onEvicted),
  })
  const opened = rooms.open(notes)
  const written = readUpdate(typistOf(7).type('x'))
  if (!opened.ok || !written.ok) throw new Error('no room, or nothing to write')
  const shell = opened.value
  const session = sessionId(1)
  const { socket, peer } = createMemorySocket()
  peer.open({ message: () => undefined, drained: () => undefined, closed: () => undefined })
  shell.attach(createSession({ id: session, dialect, socket }, clock.now()))
  shell.push({ kind: 'join', session, access: 'write', user: null, asking: 'on-join' })
  await settle()
  weather.hold('append')
  const message = {
    kind: 'write',
    contents: written.value,
    expected: null,
    author: null,
  } as const
  shell.push({ kind: 'message', session, message, bytes: 20 })
  await settle()
  const doc = docId(memory.byName.get(notes)?.id ?? 0)
  return { rooms, doc, weather, clock, deletions: new Deletions({ storage, clock, rooms }) }
}

it('a room that has the name is not waited for, one that was expelled is', async () => {
  const { rooms, doc, weather } = await setUp()
  const ended: string[] = []
  rooms.whenEnded(doc, () => ended.push('named'))
  expect(ended).toEqual(['named'])
  rooms.expel(notes, 'deleted', 'gone')
  rooms.whenEnded(doc, () => ended.push('expelled'))
  rooms.whenEnded(doc, () => ended.push('undone'))()
  await settle()
  expect([ended, rooms.size]).toEqual([['named'], 1])
  weather.release('append')
  await settle()
  expect([ended, rooms.size]).toEqual([['named', 'expelled'], 0])
})

it('who has waited for too long waits no more', async () => {
  const { rooms, doc, deletions, clock, weather } = await setUp()
  await weather.storage.remove(doc, millis(1))
  rooms.expel(notes, 'deleted', 'gone')
  const undeleted = deletions.undelete(doc)
  await settle()
  expect(rooms.waits).toBe(1)
  clock.advance(5_000)
  expect(await undeleted).toMatchObject({ ok: false, error: { kind: 'busy' } })
  expect(rooms.waits).toBe(0)
})
