/* A whole server whose tokens are signed by somebody else's keys, and clients that bring such tokens. */
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { pairOf, signedBy, startKeyServer } from './auth/testing/key-server.ts'
import { readConfig } from './config.ts'
import { serve, sqliteStorage, type QuireEvent } from './index.ts'
import { temporaryDir } from './storage/sqlite/testing/temporary-dir.ts'

const start = async (jwksUrl: string) => {
  const config = readConfig({ auth: 'jwt', port: '0', jwksUrl, jwtAudience: 'quire' }, {})
  if (!config.ok) throw new Error(config.error.join())
  const storage = await sqliteStorage({ dataDir: temporaryDir(), synchronous: 'normal' })
  const events: QuireEvent[] = []
  const observe = { event: (event: QuireEvent) => void events.push(event) }
  const server = await serve(config.value, { storage, observe })
  if (!server.ok) throw new Error(server.error)
  onTestFinished(() => server.value.close().then(() => undefined))
  const open = (token: string): WebSocket => {
    const socket = new WebSocket(
      `${server.value.url.replace('http', 'ws')}/yjs/notes?token=${token}`,
    )
    onTestFinished(() => socket.terminate())
    return socket
  }
  return { open, events, url: server.value.url }
}

const pair = pairOf('a')
const token = await signedBy(pair, { aud: 'quire', sub: 'ann' })

it('lets in who brings one, and says to the others that theirs is not for it', async () => {
  const keys = await startKeyServer([pair.jwk])
  const { open, url } = await start(keys.url)
  const [frame] = (await once(open(token), 'message')) as [Buffer]
  expect([...frame]).toEqual([0, 0, 1, 0]) // the server asks first
  const [code, reason] = (await once(open(await signedBy(pair)), 'close')) as [number, Buffer]
  expect([code, reason.toString()]).toEqual([4401, 'the claim aud of the token is not valid'])
  const made = await fetch(`${url}/doc/notes/auth?token=${token}`, { method: 'POST' })
  expect([made.status, await made.json()]).toEqual([
    403,
    { error: expect.stringContaining('QUIRE_JWT_SECRET is not set') },
  ])
})

it('has everybody come back while the keys cannot be had, by every way', async () => {
  const { open, events, url } = await start('http://127.0.0.1:1/keys')
  const [code, reason] = (await once(open(token), 'close')) as [number, Buffer]
  expect([code, reason.toString()]).toEqual([
    1013,
    'the key that the token is signed with cannot be had right now',
  ])
  const asked = await fetch(`${url}/d/notes/as-update?token=${token}`)
  expect([asked.status, asked.headers.get('retry-after')]).toEqual([503, '5'])
  expect(events.filter(({ kind }) => kind === 'keys-failed')).toHaveLength(1)
})
