import type { Context } from 'hono'
import type { EdgeBindings } from '../edges/websocket/edge-bindings.ts'
import type { WebSocketEdge } from '../edges/websocket/web-socket-edge.ts'
import type { RequestFacts } from '../ports/auth.ts'

/** What of a request may be told to who judges logins. It keeps the fields of the request, and nothing else of it. */
export const requestFacts = <E extends { Bindings: EdgeBindings }>(
  c: Context<E>,
  edge: Pick<WebSocketEdge, 'clientOf'>,
): RequestFacts => {
  const { headers } = c.req.raw
  const incoming: EdgeBindings['incoming'] = c.env.incoming
  return {
    url: withoutToken(incoming.url ?? ''),
    headers: { get: (name) => headers.get(name), has: (name) => headers.has(name) },
    address: edge.clientOf(incoming).address,
  }
}

/** A path and its query without `token`, however that is spelled. */
export const withoutToken = (target: string): string => {
  const at = target.indexOf('?')
  if (at < 0) return target
  const query = new URLSearchParams(target.slice(at))
  query.delete('token')
  return query.size === 0 ? target.slice(0, at) : `${target.slice(0, at)}?${query.toString()}`
}
