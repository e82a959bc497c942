import type { IncomingMessage } from 'node:http'

/**
 * An upgrade request as apps read requests. Its target and Host must be sound (`targetProblem`), or this
 * throws. What repeated fields come to is Node's decision (`IncomingMessage.headers`).
 */
export const upgradeRequest = ({ url = '/', headers: fields }: IncomingMessage): Request => {
  const headers: [string, string][] = []
  for (const [name, value] of Object.entries(fields))
    if (typeof value === 'string') headers.push([name, value]) // a list is Set-Cookie, a server's field
  const target = url.startsWith('/') ? `http://${fields.host ?? 'localhost'}${url}` : url
  return new Request(target, { headers })
}
