import type { IncomingMessage, ServerResponse } from 'node:http'

/** What an app is given beside each request. Its types are published, so they name nothing but Node's. */
export interface EdgeBindings {
  readonly incoming: IncomingMessage
  /** What the answer is written to; Node has none for an upgrade. */
  readonly outgoing?: ServerResponse
}
