/* Whether the server could listen, and who is there where it could not. */
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Config } from '../../config.ts'
import { messageOf } from '../message-of.ts'
import { type Check, good, toChange } from './check.ts'

/** The state of a socket in /proc/net/tcp (include/net/tcp_states.h). */
const LISTENS = '0A'

/** The process that listens on a port, as far as Linux tells it to this user. */
const holderOf = (port: number): string | null => {
  try {
    const hex = port.toString(16).toUpperCase().padStart(4, '0')
    const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter(([, local, , state]) => state === LISTENS && local?.endsWith(`:${hex}`))
        .map((fields) => `socket:[${fields[9]}]`),
    )
    const held = new Set(sockets)
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      if (linksOf(`/proc/${pid}/fd`).some((link) => held.has(link)))
        return `process ${pid} (${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`
    return null
  } catch {
    return null // another system
  }
}

const linksOf = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory).map((name) => readlinkSync(`${directory}/${name}`))
  } catch {
    return [] // another user’s, or one that has just ended
  }
}

const isQuire = async (url: string): Promise<boolean> => {
  try {
    const options = {
      signal: AbortSignal.timeout(2_000),
      rejectUnauthorized: false, // its certificate is for its name, and not for this address; nothing is told to it
    }
    const get = url.startsWith('https:') ? getHttps : getHttp
    const asked = get(`${url}/health/live`, options)
    const [answer] = (await once(asked, 'response')) as [IncomingMessage] // node:http
    return answer.statusCode === 200 && (await text(answer)).includes('"live"')
  } catch {
    return false
  }
}

/** Looks at the port of a server’s options. */
export const portCheck = async ({ host, port, tlsCert }: Config): Promise<Check> => {
  const name = `port ${port}`
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    return good(name, `${host} is free to listen on`)
  } catch (thrown) {
    const isTaken = thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE'
    if (!isTaken)
      return toChange(
        name,
        `cannot listen on ${host}: ${messageOf(thrown)}`,
        'set QUIRE_HOST and QUIRE_PORT to what this machine and user may listen on; ports below 1024 need CAP_NET_BIND_SERVICE',
      )
    const holder = holderOf(port) ?? 'a process that this user may not see'
    const near = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
    if (
      await isQuire(
        `${tlsCert === '' ? 'http' : 'https'}://${near.includes(':') ? `[${near}]` : near}:${port}`,
      )
    )
      return good(name, `a Quire serves there: ${holder}`)
    return toChange(
      name,
      `${host} is taken by ${holder}`,
      'stop that, or set QUIRE_PORT to another one',
    )
  } finally {
    server.close()
  }
}
