import type { CloseName, Millis, SessionId } from '@quire/shared'
import type { Effect, RoomEvent } from './effect.ts'
import type { ServerMessage } from './message.ts'
import type { Room } from './phase.ts'

/** One step of a room in the making: what it works on, and the effects it has decided so far. */
export class Step {
  readonly room: Room
  readonly now: Millis
  /** The same with fractions, as whoever measures reads it; undefined where nobody does. */
  readonly at: number | undefined
  readonly effects: Effect[] = []

  constructor(room: Room, { now, at }: Pick<Step, 'now' | 'at'>) {
    this.room = room
    this.now = now
    this.at = at
  }

  /** Adds an effect behind the others. */
  do(effect: Effect): void {
    this.effects.push(effect)
  }

  /** Sends a message to one session. */
  send(to: SessionId, message: ServerMessage): void {
    this.do({ kind: 'send', to, message })
  }

  /** Sends a message to all members, where there are any. */
  broadcast(message: ServerMessage): void {
    if (this.room.phase.kind === 'live') this.do({ kind: 'broadcast', message })
  }

  /** Closes sessions, if any. */
  close(to: readonly SessionId[], close: CloseName, reason: string): void {
    if (to.length > 0) this.do({ kind: 'close', to, close, reason })
  }

  /** Reports what happened. */
  observe(event: RoomEvent): void {
    this.do({ kind: 'observe', event })
  }

  /** The room ends: nothing of it is left to save. */
  evict(): void {
    this.room.phase = { kind: 'absent' }
    this.do({ kind: 'evict' })
  }
}
