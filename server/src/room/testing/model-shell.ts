/*
 * The runtime around one room, as a model: it performs effects against a model storage, one stage at a
 * time, and holds the room to its rules with every effect.
 */
import {
  EMPTY_STATE_VECTOR,
  millis,
  parseDocName,
  type Seq,
  type SessionId,
  type Update,
} from '@quire/shared'
import { answerTo } from '../../content/merge.ts'
import type { Effect } from '../effect.ts'
import type { Input } from '../input.ts'
import type { Durability, RoomLimits } from '../limits.ts'
import type { ServerMessage } from '../message.ts'
import { createRoom, type Room } from '../phase.ts'
import { step } from '../room.ts'
import { unsavedUpdates } from '../saving.ts'
import { messagesOf } from './test-room.ts'
import type { ModelStorage } from './model-storage.ts'

/** Where messages to sessions go. */
export interface Wire {
  send(session: SessionId, message: ServerMessage): void
  close(session: SessionId): void
}

/** An asynchronous effect on its way. Each stage may fail; the last one gives the outcome. */
interface Work {
  readonly kind: Effect['kind']
  next(fails: boolean): Input | null
}

type EffectOf<K extends Effect['kind']> = Extract<Effect, { kind: K }>

/** Throws, with what was expected, unless it is so. */
export function check(condition: boolean, expected: string): asserts condition {
  if (!condition) throw new Error(`expected: ${expected}`)
}

/** One room with its effects. */
export class ModelShell {
  readonly room: Room
  readonly #storage: ModelStorage
  readonly #wire: Wire
  readonly #works: Work[] = []
  readonly #held = new Set<SessionId>()
  readonly #missedPresence = new Set<SessionId>()
  /** What was denied in its life. */
  readonly #denied: Update[] = []
  #isSubscribed = false
  #isOver = false

  constructor(
    options: { readonly limits: RoomLimits; readonly durability: Durability },
    storage: ModelStorage,
    wire: Wire,
  ) {
    const name = parseDocName('simulated')
    check(name.ok, 'a document name')
    this.room = createRoom({ name: name.value, ...options })
    this.#storage = storage
    this.#wire = wire
  }

  /** True once the room is evicted or its process is killed: nothing reaches it any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  get isSubscribed(): boolean {
    return this.#isSubscribed && !this.#isOver
  }

  /** Asynchronous effects on their way. */
  get works(): number {
    return this.#works.length
  }

  /** True for a member that is told of no update until it has read what waits (R9). */
  isHeld(session: SessionId): boolean {
    const { phase } = this.room
    return phase.kind === 'live' && phase.members.has(session) && this.#held.has(session)
  }

  /** True, once, if somebody's presence was not told to a member because it was held (R9). */
  hasMissedPresence(session: SessionId): boolean {
    return this.#missedPresence.delete(session)
  }

  /** True if all of this is on disk. */
  stores(update: Update): boolean {
    return this.#storage.holds(update)
  }

  /** The log up to this number. */
  logUpTo(seq: Seq): readonly Update[] {
    return this.#storage.log.slice(0, seq)
  }

  /** Takes an input and performs what comes of it. */
  take(input: Input, now: number): void {
    if (this.#isOver) return
    const before = this.room.phase
    const unsaved =
      before.kind === 'live' || before.kind === 'closing'
        ? unsavedUpdates(before.document.saving)
        : []
    for (const effect of step(this.room, input, millis(now))) {
      if (effect.kind === 'evict') this.#checkSaved(unsaved)
      if (effect.kind === 'send' && effect.message.kind === 'denied') this.#note(input)
      this.#perform(effect)
    }
    const after = this.room.phase
    check(after.kind !== 'live' || after.members.size > 0, 'a live room has members')
  }

  /** Lets one of the effects on their way get on by a stage. */
  work(index: number, fails: boolean, now: number): void {
    const at = index % this.#works.length
    const work = this.#works[at]
    if (work === undefined) return
    const outcome = work.next(fails)
    if (outcome === null) return
    this.#works.splice(at, 1)
    this.take(outcome, now)
  }

  #checkSaved(unsaved: readonly Update[]): void {
    for (const update of unsaved)
      check(this.#storage.holds(update), 'R4: nothing unsaved in an evicted room')
    const kept = new Set([...this.#storage.patches.values()].flat())
    for (const update of this.#denied)
      check(kept.has(update), 'R15: what was denied is in a patch when its room ends')
  }

  /** What was denied is to be kept, unless it is of somebody without a name who could never write. */
  #note(input: Input): void {
    const { phase } = this.room
    if (input.kind !== 'message' || !('contents' in input.message) || phase.kind !== 'live') return
    const member = phase.members.get(input.session)
    if (member !== undefined && (member.user !== null || member.wasLowered))
      this.#denied.push(input.message.contents.update)
  }

  /** The process dies. */
  kill(): void {
    this.#isOver = true
    this.#works.length = 0
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'subscribe':
        this.#isSubscribed = true
        return
      case 'load':
        check(this.#isSubscribed, 'R12: subscribed before the load')
        return this.#start('load', (fails) =>
          fails
            ? { kind: 'loadFailed', problem: 'weather', isDeleted: false }
            : { kind: 'loaded', document: this.#storage.open() },
        )
      case 'send':
        return this.#send(effect.to, effect.message)
      case 'broadcast':
        return this.#broadcast(effect)
      case 'relay':
        return this.#relay(effect)
      case 'announce': {
        const { to, entries } = effect
        check(new Set(to).size === to.length, 'every recipient once')
        for (const session of to)
          if (this.#held.has(session)) this.#missedPresence.add(session)
          else this.#send(session, { kind: 'presence', entries })
        return
      }
      case 'deliver':
        for (const message of messagesOf(effect.answer)) this.#send(effect.to, message)
        return
      case 'hold':
        check(!this.#held.has(effect.session), 'R9: held once')
        this.#held.add(effect.session)
        return
      case 'release':
        check(this.#held.delete(effect.session), 'R9: released after a hold')
        return
      case 'close':
        for (const session of effect.to) this.#wire.close(session)
        return
      case 'append':
        return this.#append(effect)
      case 'keep':
        this.#only('keep')
        return this.#start('keep', (fails) =>
          fails
            ? { kind: 'keepFailed', problem: 'weather', isFinal: false }
            : { kind: 'kept', kept: this.#storage.keep(effect.parts) },
        )
      case 'answer':
        return this.#answer(effect)
      case 'publish': {
        const { first, last, updates } = effect.hint
        const stored = this.#storage.log.slice(first - 1, last)
        const isStored =
          stored.length === updates.length && stored.every((update, i) => update === updates[i])
        return check(isStored, 'R11: published is what the log holds under these numbers')
      }
      case 'compact':
        return this.#compact()
      case 'catch-up':
        this.#only('catch-up')
        return this.#start('catch-up', (fails) =>
          fails
            ? { kind: 'catchUpFailed', problem: 'weather' }
            : { kind: 'caughtUp', content: this.#storage.read() },
        )
      case 'evict':
        check(!this.#isUnderWay('append'), 'R4: no append in flight at an eviction')
        return this.kill()
      case 'signal':
      case 'tell':
      case 'accepted':
      case 'observe':
    }
  }

  #broadcast({ message }: EffectOf<'broadcast'>): void {
    const { phase } = this.room
    if (phase.kind !== 'live') return // nobody is left to be told
    for (const session of phase.members.keys()) this.#send(session, message)
  }

  #relay({ update, except }: EffectOf<'relay'>): void {
    const { phase } = this.room
    check(phase.kind === 'live', 'members to relay to')
    for (const session of phase.members.keys())
      if (session !== except && !this.#held.has(session))
        this.#send(session, { kind: 'update', update })
  }

  #send(session: SessionId, message: ServerMessage): void {
    if (message.kind === 'ack')
      for (const receipt of message.receipts)
        if (receipt.kind !== 'mark')
          check(this.#storage.holds(receipt.update), 'R5: acknowledged is committed')
    const isContent = message.kind === 'update' || message.kind === 'sync-step-2'
    if (isContent && this.room.durability === 'relay')
      check(this.#storage.holds(message.update), 'relay: what anyone sees is committed')
    this.#wire.send(session, message)
  }

  #append({ updates, authors }: EffectOf<'append'>): void {
    this.#only('append')
    check(updates.length > 0, 'an append of at least one update')
    this.#start('append', (fails) =>
      fails
        ? { kind: 'appendFailed', problem: 'weather' }
        : { kind: 'appended', appended: this.#storage.append(updates, authors) },
    )
  }

  /** What was appended behind a place in the log; a fold may have gone beyond it since the room looked. */
  #since(after: Seq, { session, asker, unsaved, asOf }: EffectOf<'answer'>): Input {
    const { head, tail } = this.#storage.read()
    const missed = head - after
    if (missed > tail.length) return { kind: 'answerFailed', session, asker, problem: 'folded' }
    const news = missed > 0 ? tail.slice(-missed) : []
    const source = { snapshot: null, tail: [...news, ...unsaved] }
    return { kind: 'answered', session, answer: answerTo(source, EMPTY_STATE_VECTOR), asOf }
  }

  #answer(effect: EffectOf<'answer'>): void {
    const { session, asker, unsaved, asOf } = effect
    const act = (fails: boolean): Input => {
      if (fails) return { kind: 'answerFailed', session, asker, problem: 'weather' }
      const { snapshot, tail } = this.#storage.read()
      if (asker.kind === 'was-at') return this.#since(asker.seq, effect)
      const { stateVector } = asker
      const answer = answerTo({ snapshot, tail: [...tail, ...unsaved] }, stateVector)
      return { kind: 'answered', session, answer, asOf }
    }
    this.#start('answer', act)
  }

  #compact(): void {
    this.#only('compact')
    const stored = this.#storage.read() // what is appended from here on is not folded (R14)
    this.#start('compact', (fails) => {
      const folded = fails ? null : this.#storage.compact(stored)
      return folded === null
        ? { kind: 'compactFailed', problem: 'weather' }
        : { kind: 'compacted', folded }
    })
  }

  #only(kind: Effect['kind']): void {
    check(!this.#isUnderWay(kind), `one ${kind} at a time`)
  }

  #isUnderWay(kind: Effect['kind']): boolean {
    return this.#works.some((work) => work.kind === kind)
  }

  /** First it happens, or fails; later the room hears of it, exactly once. */
  #start(kind: Effect['kind'], act: (fails: boolean) => Input): void {
    let outcome: Input | null = null
    const next = (fails: boolean): Input | null => {
      if (outcome !== null) return outcome
      outcome = act(fails)
      return null
    }
    this.#works.push({ kind, next })
  }
}
