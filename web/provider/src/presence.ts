/*
 * Who is here: a y-protocols Awareness that is told what the server says, and says what is set in it.
 */
import { encodePresence, jsonProblem, type KnownPresence } from '@quire/shared'
import {
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
  type Awareness,
} from 'y-protocols/awareness'

/** What y-protocols tells of a change. */
interface Changed {
  readonly added: readonly number[]
  readonly updated: readonly number[]
  readonly removed: readonly number[]
}

/** Keeps an awareness and a server in step. */
export class PresenceLink {
  readonly #awareness: Awareness
  readonly #origin: unknown
  readonly #users = new Map<number, string | null>()
  readonly #undo: () => void

  /** `say` is called when there is something to say of this client, also that it has gone. */
  constructor(awareness: Awareness, origin: unknown, say: () => void) {
    this.#awareness = awareness
    this.#origin = origin
    const update = ({ added, updated, removed }: Changed): void => {
      // also where somebody else said that this client has gone: it knows better, with a higher clock
      if ([...added, ...updated, ...removed].includes(awareness.clientID)) say()
    }
    awareness.on('update', update)
    this.#undo = () => awareness.off('update', update)
  }

  /** Who each client is, as the server knows by its login: null for anonymous ones. */
  get users(): ReadonlyMap<number, string | null> {
    return this.#users
  }

  /** What this client says of itself; null if it never said anything. */
  own(): Uint8Array | null {
    const { clientID, meta } = this.#awareness
    return meta.has(clientID) ? encodeAwarenessUpdate(this.#awareness, [clientID]) : null
  }

  /** Takes what the server says. Returns why that is not possible; null if it is. */
  take(all: readonly KnownPresence[]): string | null {
    for (const { client, state } of all) {
      const problem = state === null ? null : jsonProblem(state)
      if (problem !== null) return `presence of client ${client}: ${problem}`
    }
    const { clientID } = this.#awareness
    // what this client is, it says itself: the server may only tell it that others think it gone
    const entries = all.filter(({ client, state }) => client !== clientID || state === null)
    for (const { client, state, user } of all)
      if (state === null) this.#users.delete(client)
      else this.#users.set(client, user)
    applyAwarenessUpdate(this.#awareness, encodePresence(entries), this.#origin)
    return null
  }

  /** Nobody else is known to be here. When they are told of again, it may be with the same clock. */
  forget(): void {
    const { clientID, states, meta } = this.#awareness
    const others = [...states.keys()].filter((client) => client !== clientID)
    removeAwarenessStates(this.#awareness, others, this.#origin)
    for (const client of meta.keys()) if (client !== clientID) meta.delete(client)
    this.#users.clear()
  }

  /** Lets go of the awareness. */
  end(): void {
    this.forget()
    this.#undo()
  }
}
