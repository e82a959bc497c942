/*
 * The room as a pure machine: `step(room, input, now)` changes the room and returns what is to be done.
 * The table below has a cell for every phase and every input; rules R1.. stand in ROOM.md.
 */
import { millis, seq, type Millis, type SessionId } from '@quire/shared'
import { answered, answerFailed, congested, drained, tellPositions, untold } from './answering.ts'
import { keepFailed, keptAside, writeAside } from './aside.ts'
import { appended, appendFailed, openDocument, retryAppend } from './document.ts'
import type { Effect } from './effect.ts'
import { compactFailed, compactIfDue, compactIfQuiet, compactNow, compacted } from './folding.ts'
import { catchUp, catchUpFailed, caughtUp, follow, retryCatchUp } from './following.ts'
import { askAgain, endOpenings, hear, hearAs, isLowered, regrant } from './hear.ts'
import type { Input, InputKind, InputOf } from './input.ts'
import { admit, announce, dismissAll, goLive, greet, part, settle } from './members.ts'
import type { OpenDocument, PhaseKind, PhaseOf, Room, Waiting } from './phase.ts'
import { waitingCost } from './saving.ts'
import { Step } from './step.ts'

/**
 * Takes one input. Changes `room`; the effects are to be performed in order, before the next input. `at` is now with
 * fractions, for who measures how long changes take.
 */
export const step = (room: Room, input: Input, now: Millis, at?: number): readonly Effect[] => {
  const made = new Step(room, { now: timeOf(room, now), at })
  // the cell of this phase and this kind takes exactly this phase and this input: Table says so
  const cell = table[room.phase.kind][input.kind] as Cell<PhaseKind, InputKind>
  cell(made, room.phase, input)
  return made.effects
}

/** The room's own time goes on where the wall clock is set back: no pause gets longer by the jump. */
const timeOf = ({ time }: Room, now: Millis): Millis => {
  if (now < time.wall) time.setBackMs += time.wall - now
  time.wall = now
  return millis(now + time.setBackMs)
}

type Cell<P extends PhaseKind, K extends InputKind> = (
  step: Step,
  phase: PhaseOf<P>,
  input: InputOf<K>,
) => void

type Table = { readonly [P in PhaseKind]: { readonly [K in InputKind]: Cell<P, K> } }

/** Nobody whom this could matter to is attached any more, or yet. */
const ignore = (): void => undefined

/** An outcome of something that this room cannot have asked for: our bug. */
const impossible = (at: Step, phase: { kind: PhaseKind }, input: { kind: InputKind }): void => {
  throw new Error(`room ${JSON.stringify(at.room.name)}: ${input.kind} while ${phase.kind}`)
}

/** How a drain sends everybody away. */
export const RESTART = { close: 'serviceRestart', reason: 'the server restarts' } as const

const NOBODY = new Map<never, never>()

const table: Table = {
  // fresh, or evicted: then its shell drops the outcomes of what was still under way
  absent: {
    join: (at, _, input) => {
      const waiting = new Map([[input.session, waitingOf(input)]])
      at.room.phase = { kind: 'loading', since: at.now, waiting, bytes: 0, hinted: seq(0) }
      at.do({ kind: 'subscribe' }) // R12: first, so that nothing is missed between
      at.do({ kind: 'load' })
    },
    regrant: ignore,
    message: ignore,
    leave: ignore,
    loaded: impossible,
    loadFailed: impossible,
    appended: impossible,
    appendFailed: impossible,
    kept: impossible,
    keepFailed: impossible,
    answered: impossible,
    answerFailed: impossible,
    congested: ignore,
    drained: ignore,
    untold: ignore,
    unread: ignore,
    fold: ignore,
    compacted: impossible,
    compactFailed: impossible,
    remote: ignore,
    caughtUp: impossible,
    catchUpFailed: impossible,
    tick: ignore,
    drain: ignore,
    expel: ignore,
  },

  loading: {
    join: (at, { waiting }, input) => {
      if (admit(at, waiting, input.session)) waiting.set(input.session, waitingOf(input)) // R2: in order
    },
    regrant: (_, { waiting }, { session, access, user, identity }) => {
      const place = waiting.get(session)
      if (place === undefined) return
      const wasLowered = isLowered(place, access)
      Object.assign(place, { access, user, identity, wasLowered })
    },
    message: (at, phase, { session, message, bytes }) => {
      const place = phase.waiting.get(session)
      if (place === undefined) return
      const cost = waitingCost(bytes)
      place.bytes += cost
      phase.bytes += cost
      const limit = at.room.limits.loadQueueBytes
      if (place.bytes > limit) {
        waitNoMore(phase, session)
        const reason = `said ${place.bytes} bytes before the document was open, limit ${limit}`
        return at.close([session], 'tryAgainLater', reason)
      }
      place.said.push({ message, bytes, user: place.user })
    },
    leave: (_, phase, input) => waitNoMore(phase, input.session),
    loaded: (at, { since, waiting, hinted }, input) => {
      if (waiting.size === 0) return at.evict()
      const live = goLive(at, openDocument(at, input.document))
      at.observe({ kind: 'room-opened', document: at.room.name, loadMs: at.now - since })
      for (const [session, { said: _, bytes: __, ...who }] of waiting)
        greet(at, live, { session, ...who })
      if (hinted > live.document.head) catchUp(at, live.document, hinted)
      for (const [session, { said }] of waiting)
        for (const { message, bytes, user } of said)
          hearAs(at, live, { kind: 'message', session, message, bytes }, user)
    },
    loadFailed: (at, phase, input) => failLoad(at, phase, input),
    appended: impossible,
    appendFailed: impossible,
    kept: impossible,
    keepFailed: impossible,
    answered: impossible,
    answerFailed: impossible,
    congested: ignore,
    drained: ignore,
    untold: ignore,
    unread: ignore,
    fold: ignore,
    compacted: impossible,
    compactFailed: impossible,
    remote: (at, phase, { hint }) => {
      at.room.phase = { ...phase, hinted: seq(Math.max(phase.hinted, hint.last)) }
    },
    caughtUp: impossible,
    catchUpFailed: impossible,
    tick: (at, phase) => {
      const { loadMs } = at.room.limits
      if (at.now - phase.since < loadMs) return
      failLoad(at, phase, { problem: `no answer within ${loadMs} ms`, isDeleted: false })
    },
    drain: (at, { waiting }) => {
      at.close([...waiting.keys()], RESTART.close, RESTART.reason)
      at.evict() // R10: nothing is accepted yet, so there is nothing to wait for
    },
    expel: (at, { waiting }, { close, reason }) => {
      at.close([...waiting.keys()], close, reason)
      at.evict()
    },
  },

  live: {
    join: (at, phase, input) => {
      if (admit(at, phase.members, input.session)) greet(at, phase, input)
    },
    regrant,
    message: hear,
    leave: (at, phase, input) => part(at, phase, input.session),
    loaded: impossible,
    loadFailed: impossible,
    appended: (at, phase, input) => {
      appended(at, phase.document, phase.members, input)
      compactIfDue(at, phase.document, 'busy')
    },
    appendFailed: (at, phase, input) => appendFailed(at, phase.document, input.problem),
    kept: (at, phase, input) => keptAside(at, phase.document, input.kept),
    keepFailed: (at, phase, input) => keepFailed(at, phase.document, input),
    answered,
    answerFailed,
    congested: (at, phase, { session }) => congested(at, phase, session),
    drained,
    untold: (at, phase, { session }) => untold(at, phase, session),
    unread: (at, phase, { sessions }) =>
      announce(at, phase, phase.presence.renew(sessions, at.now)),
    fold: (at, phase) => compactNow(at, phase.document),
    compacted: (at, phase, input) => compacted(at, phase.document, input.folded),
    compactFailed: (at, phase, input) => compactFailed(at, phase.document, input.problem),
    remote: (at, phase, input) => follow(at, phase.document, phase.members, input.hint),
    caughtUp: (at, phase, input) => caughtUp(at, phase.document, phase.members, input.content),
    catchUpFailed: (at, phase) => catchUpFailed(at, phase.document),
    tick: (at, phase) => {
      announce(at, phase, phase.presence.expire(at.now))
      endOpenings(at, phase)
      askAgain(at, phase)
      tellPositions(at, phase.document, phase.members)
      retryAppend(at, phase.document, 'due')
      writeAside(at, phase.document, 'due')
      retryCatchUp(at, phase.document)
      compactIfQuiet(at, phase.document)
    },
    drain: (at, phase) => {
      dismissAll(at, phase, RESTART)
      hurry(at, phase.document)
    },
    expel: (at, phase, input) => {
      dismissAll(at, phase, input)
      hurry(at, phase.document)
    },
  },

  closing: {
    join: (at, phase, input) => {
      greet(at, goLive(at, phase.document), input) // R3: a load here would miss the write in flight
    },
    regrant: ignore,
    message: ignore,
    leave: ignore,
    loaded: impossible,
    loadFailed: impossible,
    appended: (at, { document, waitsFor }, input) => {
      appended(at, document, NOBODY, input)
      settle(at, document, waitsFor)
    },
    appendFailed: (at, phase, input) => appendFailed(at, phase.document, input.problem),
    kept: (at, { document, waitsFor }, input) => {
      keptAside(at, document, input.kept)
      settle(at, document, waitsFor)
    },
    keepFailed: (at, { document, waitsFor }, input) => {
      keepFailed(at, document, input)
      settle(at, document, waitsFor)
    },
    answered: ignore,
    answerFailed: ignore,
    congested: ignore,
    drained: ignore,
    untold: ignore,
    unread: ignore,
    fold: ignore,
    compacted: (at, { document, waitsFor }, input) => {
      compacted(at, document, input.folded)
      settle(at, document, waitsFor)
    },
    compactFailed: (at, { document, waitsFor }, input) => {
      compactFailed(at, document, input.problem)
      settle(at, document, waitsFor)
    },
    remote: (at, phase, input) => follow(at, phase.document, NOBODY, input.hint),
    caughtUp: (at, phase, input) => caughtUp(at, phase.document, NOBODY, input.content),
    catchUpFailed: (at, phase) => catchUpFailed(at, phase.document),
    tick: (at, phase) => {
      retryAppend(at, phase.document, 'due')
      writeAside(at, phase.document, 'due')
    },
    drain: (at, phase) => hurry(at, phase.document),
    expel: (at, phase) => hurry(at, phase.document),
  },

  failed: {
    join: (at, { close, reason }, { session }) => at.close([session], close, reason),
    regrant: ignore,
    message: ignore,
    leave: ignore,
    loaded: ignore, // after its deadline
    loadFailed: ignore,
    appended: impossible,
    appendFailed: impossible,
    kept: impossible,
    keepFailed: impossible,
    answered: impossible,
    answerFailed: impossible,
    congested: ignore,
    drained: ignore,
    untold: ignore,
    unread: ignore,
    fold: ignore,
    compacted: impossible,
    compactFailed: impossible,
    remote: ignore,
    caughtUp: impossible,
    catchUpFailed: impossible,
    tick: (at, phase) => {
      if (at.now >= phase.until) at.evict()
    },
    drain: (at) => at.evict(),
    expel: (at) => at.evict(),
  },
}

const waitingOf = ({ access, user, identity, asking }: InputOf<'join'>): Waiting => ({
  access,
  user,
  identity,
  wasLowered: false,
  asking,
  said: [],
  bytes: 0,
})

/** What it said is forgotten with it. */
const waitNoMore = (phase: PhaseOf<'loading'>, session: SessionId): void => {
  phase.bytes -= phase.waiting.get(session)?.bytes ?? 0
  phase.waiting.delete(session)
}

/**
 * R2: everybody who waits is told to come back; the room refuses joins until it has cooled down. Of a document that
 * was deleted they are told that, which is nothing that has failed.
 */
const failLoad = (
  at: Step,
  phase: PhaseOf<'loading'>,
  { problem, isDeleted }: Pick<InputOf<'loadFailed'>, 'problem' | 'isDeleted'>,
): void => {
  const until = millis(at.now + at.room.limits.coolDownMs)
  const close = isDeleted ? 'deleted' : 'tryAgainLater'
  const reason = isDeleted
    ? 'the document was deleted'
    : `the document cannot be opened: ${problem}`
  at.room.phase = { kind: 'failed', until, close, reason }
  if (!isDeleted) at.observe({ kind: 'load-failed', document: at.room.name, problem })
  at.close([...phase.waiting.keys()], close, reason)
}

/** R10: a drain waits for the disk, not for a fold and not for a retry's pause. */
const hurry = (at: Step, document: OpenDocument): void => {
  retryAppend(at, document, 'now')
  writeAside(at, document, 'now')
  settle(at, document, 'disk')
}
