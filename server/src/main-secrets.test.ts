/* The command as a real process that logs all it can, clients that log in every way, and what stands in its log. */
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { SignJWT } from 'jose'
import {
  encodeChannelRequest,
  encodeConnectionRequest,
  QUIRE_REVISION,
  QUIRE_SUBPROTOCOL,
} from '@quire/shared'
import { expect, it, onTestFinished, vi } from 'vitest'
import WebSocket from 'ws'
import { until } from './runtime/testing/server.ts'
import { nameOf } from './storage/contract/fixture.ts'
import { newDataDir, startCommand, startListening, type Command } from './testing/command.ts'

vi.setConfig({ testTimeout: 60_000 }) // a process has to start

const SECRET = 'a-secret-of-more-than-thirty-two-bytes'

/** Says things on a socket; what comes of it stands in the log. */
const speak = (
  url: string,
  {
    protocols = [],
    headers = {},
    frames = [],
  }: {
    readonly protocols?: string[]
    readonly headers?: Record<string, string>
    readonly frames?: readonly Uint8Array[]
  },
): void => {
  const socket = new WebSocket(url, protocols, { headers })
  onTestFinished(() => socket.terminate())
  socket.on('error', () => undefined) // of a handshake that is refused
  socket.once('open', () => {
    for (const frame of frames) socket.send(frame)
  })
}

/** A Hocuspocus login: the name, and the token. */
const hocuspocus = (token: string): Uint8Array => {
  const bytes = Buffer.from(token)
  const length =
    bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7]
  return Buffer.concat([Buffer.from('\u0005notes'), Buffer.of(2, 0, ...length), bytes])
}

const say = async ({ url }: Command, text: string): Promise<void> => {
  const socket = connectTcp(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.end(text)
  socket.resume()
  await once(socket, 'close')
}

const logIn = async (command: Command, token: string): Promise<void> => {
  const ws = command.url.replace('http', 'ws')
  const headers = { Authorization: `Bearer ${token}` }
  const paths = [
    '/yjs/notes',
    '/yjs/%00',
    '/d/notes/ws/notes',
    '/doc/ws/notes',
    '/nowhere',
    '/hocuspocus',
  ]
  for (const path of paths) {
    const frames = path === '/hocuspocus' ? [hocuspocus(token), Uint8Array.of(255, 255, 255)] : []
    speak(`${ws}${path}?token=${token}`, { frames: [...frames, Uint8Array.of(9, 9, 9)] })
    speak(`${ws}${path}?%74oken=${token}`, { frames: [Uint8Array.of(9, 9, 9)] })
    speak(`${ws}${path}`, { headers, frames: [...frames, Uint8Array.of(9, 9, 9)] })
    speak(`${ws}${path}?token=${token}`, {
      headers: { Origin: `https://${token.slice(0, 20)}.example` },
    })
  }
  const hello = encodeConnectionRequest({ kind: 'hello', revision: QUIRE_REVISION, agent: 'test' })
  const open = encodeChannelRequest(1, { kind: 'open', document: nameOf('notes'), token })
  speak(`${ws}/sync?token=${token}`, {
    protocols: [QUIRE_SUBPROTOCOL],
    frames: [hello, open, Uint8Array.of(255)],
  })
  const cookie = { Cookie: `session=${token}` }
  for (const path of [
    'd/notes/as-update',
    'sync/stream',
    'api/v1/documents',
    'nowhere',
    'p/notes',
    '%zz',
  ])
    for (const fields of [headers, cookie, { 'X-Request-Id': token }]) {
      const over = AbortSignal.timeout(5_000)
      const answer = await fetch(`${command.url}/${path}?token=${token}`, {
        headers: fields,
        signal: over,
      })
      await answer.body?.cancel()
    }
  for (const line of [`GET /?token=${token} HTTP/9.9`, `CONNECT /?token=${token} HTTP/1.1`, token])
    await say(command, `${line}\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  await say(
    command,
    `GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token.repeat(200)}\r\n\r\n`,
  )
}

it('no line of a log holds a token or the secret, however somebody logs in', async () => {
  const command = await startListening(await newDataDir(), {
    QUIRE_AUTH: 'jwt',
    QUIRE_JWT_SECRET: SECRET,
    QUIRE_LOG_LEVEL: 'trace',
    QUIRE_MAX_LOG_LINES_PER_SECOND: '100000',
  })
  const sign = (claims: object): Promise<string> =>
    new SignJWT({ docs: [{ name: 'notes', access: 'write' }], ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET))
  const good = await sign({ sub: 'ann' })
  const made = await fetch(`${command.url}/doc/notes/auth`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${await sign({})}` },
  })
  const { token: issued } = (await made.json()) as { readonly token: string } // y-sweet's SDK
  const tokens = [good, issued, `${good.slice(0, -6)}forged`, 'no-token-at-all-but-secret']
  for (const token of tokens) await logIn(command, token)
  const count = (part: string): number => command.log.split(part).length - 1
  // a foreign origin, a name that is none, and a bad token, of each, at the least
  await until('all are judged', () => count('"kind":"session-closed"') >= 6 * tokens.length)
  await until('some are let in', () => count('"kind":"session-joined"') >= 2)
  command.child.kill('SIGTERM')
  expect(await command.exit).toBe(0)

  const lines = command.log.trim().split('\n')
  expect(lines.length).toBeGreaterThan(30)
  for (const kind of ['session-joined', 'session-closed', 'client-named', 'drained'])
    expect(command.log).toContain(`"kind":"${kind}"`)
  for (const line of lines) expect(() => JSON.parse(line)).not.toThrow()
  for (const secret of [SECRET, ...tokens, ...tokens.flatMap((token) => token.split('.').slice(1))])
    expect(command.log).not.toContain(secret)
})

it('a start that fails tells no secret', async () => {
  for (const env of [
    { QUIRE_JWT_SECRET: SECRET },
    { QUIRE_JWT_SECRET: 'hush-hush', QUIRE_AUTH: 'jwt' },
    { QUIRE_JWKS_URL: 'https://ann:hush-hush@login.example/', QUIRE_AUTH: 'jwt' },
    { QUIRE_JWKS_URL: 'ann:hush@login.example/keys', QUIRE_AUTH: 'jwt' },
    { QUIRE_JWKS_URL: 'https:/ann:hush@login.example/', QUIRE_AUTH: 'jwt' },
    { QUIRE_JWKS_URL: 'ftp://login.example/#token=hush', QUIRE_AUTH: 'jwt' },
    { QUIRE_TLS_CERT: '-----BEGIN CERTIFICATE-----\nhush', QUIRE_TLS_KEY: 'hush' },
  ]) {
    await expect(startListening(await newDataDir(), env)).rejects.toSatisfy(
      ({ message }: Error) => message.startsWith('quire: QUIRE_') && !/hush|a-secret/.test(message),
    )
  }
})

it.each([
  ['--jwt-secrt=hush', "error: unknown option '--jwt-secrt=…'"],
  ["--jwt-secrt='hush'\nhush'", "error: unknown option '--jwt-secrt=…'"],
  ['-shush', "error: unknown option '-…'"],
  ['hush', 'error: too many arguments, or no such command.'],
])('a command line with %j is refused without what it says', async (flag, problem) => {
  const command = startCommand(await newDataDir(), {}, [flag])
  expect(await command.exit).toBe(2)
  expect(command.log).toContain(problem)
  expect(command.log).not.toContain('hush')
})
