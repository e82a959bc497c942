import type { Owner, TextSocket } from './edge-socket.ts'

/** What a WebSocket route decided about one handshake, for when its 101 is out. */
export interface Route {
  /** Subprotocols that the route speaks, most wanted first; empty: none is ever selected. */
  readonly protocols: readonly string[]
  /** Makes the owner of the new socket. */
  readonly open: (socket: TextSocket) => Owner
}

/** The subprotocol to select (RFC 6455 §4.2.2, 5): the first of ours that is offered, or none. */
export const selectProtocol = (
  spoken: readonly string[],
  offered: ReadonlySet<string>,
): string | false => spoken.find((name) => offered.has(name)) ?? false
