/* A server inside of another program, which decides who may open what and speaks with its clients. */
import { plainGrant } from './auth/plain-grant.ts'
import { HocuspocusProvider } from '@hocuspocus/provider'
import { err, ok } from '@quire/shared'
import { expect, it, onTestFinished, vi } from 'vitest'
import * as Y from 'yjs'
import { readConfig } from './config.ts'
import { serve, type Auth, type ServeParts, type Stateless } from './index.ts'
import { nameOf } from './storage/contract/fixture.ts'
import { createMemory, createMemoryStorage } from './storage/memory.ts'

const start = async (parts: Partial<ServeParts>) => {
  const config = readConfig({ port: '0' }, {})
  if (!config.ok) throw new Error(config.error.join())
  const storage = createMemoryStorage(createMemory())
  const server = await serve(config.value, {
    storage,
    observe: { event: () => undefined },
    ...parts,
  })
  if (!server.ok) throw new Error(server.error)
  onTestFinished(() => server.value.close().then(() => undefined))
  return server.value
}

/** Hocuspocus' provider and what it has heard. */
const connect = (url: string, token: string) => {
  const heard: string[] = []
  const provider = new HocuspocusProvider({
    url: `${url.replace('http', 'ws')}/hocuspocus`,
    name: 'notes',
    document: new Y.Doc(),
    token,
    onStateless: ({ payload }) => heard.push(payload),
    onAuthenticationFailed: ({ reason }) => heard.push(`denied: ${reason}`),
  })
  onTestFinished(() => provider.destroy())
  return { provider, heard }
}

const eventually = (holds: () => void): Promise<void> =>
  vi.waitFor(holds, { timeout: 20_000, interval: 10 })

/** Knows two people. */
const auth: Auth = {
  needsToken: true,
  authorizeAll: () => Promise.resolve(err({ kind: 'forbidden', message: 'nobody lists' })),
  authorize: ({ document, token }) =>
    Promise.resolve(
      document === 'notes' && (token === 'ann' || token === 'bob')
        ? ok(plainGrant({ access: 'write', user: token, expiresAt: null }))
        : err({ kind: 'forbidden', message: `who is ${token}?` }),
    ),
  issue: () => Promise.resolve(ok(null)),
}

it('lets in whom the program lets in', async () => {
  const { url } = await start({ auth })
  const ann = connect(url, 'ann')
  const eve = connect(url, 'eve')
  await eventually(() => expect(ann.provider.isSynced).toBe(true))
  await eventually(() => expect(eve.heard).toEqual(['denied: who is eve?']))
  const refused = await fetch(`${url}/d/notes/as-update`)
  expect([refused.status, await refused.json()]).toEqual([403, { error: 'who is null?' }])
  expect((await fetch(`${url}/d/notes/as-update?token=bob`)).status).toBe(200)
})

it('hears what clients say beside their documents, and answers one or all of them', async () => {
  const heard: unknown[] = []
  const stateless: Stateless = {
    received: (message, { reply, broadcast }) => {
      heard.push(message)
      reply(`to ${message.user}: ${message.text}`)
      broadcast(`to all: ${message.text}`)
    },
  }
  const { url, broadcastStateless } = await start({ auth, stateless })
  const [notes, other] = [nameOf('notes'), nameOf('other')]
  expect(broadcastStateless(notes, 'nobody is here')).toBe(false)
  const [ann, bob] = [connect(url, 'ann'), connect(url, 'bob')]
  await eventually(() => expect(ann.provider.isSynced && bob.provider.isSynced).toBe(true))
  ann.provider.sendStateless('hello')
  await eventually(() => expect(bob.heard).toEqual(['to all: hello']))
  await eventually(() => expect(ann.heard).toEqual(['to ann: hello', 'to all: hello']))
  expect(heard).toEqual([{ document: 'notes', user: 'ann', text: 'hello' }])

  expect(broadcastStateless(notes, 'we close at five')).toBe(true)
  expect(broadcastStateless(other, 'nobody is here')).toBe(false)
  for (const { heard: all } of [ann, bob])
    await eventually(() => expect(all.at(-1)).toBe('we close at five'))
})
