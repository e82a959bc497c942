/* A whole server with a disk that lets in whoever has a token, and the clients that bring one. */
import { YSweetProvider } from '@y-sweet/client'
import { DocumentManager } from '@y-sweet/sdk'
import { SignJWT } from 'jose'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import WebSocket from 'ws'
import * as Y from 'yjs'
import { readConfig } from './config.ts'
import { serve, sqliteStorage, type QuireEvent, type RunningServer } from './index.ts'
import { temporaryDir } from './storage/sqlite/testing/temporary-dir.ts'

vi.setConfig({ testTimeout: 60_000 }) // clients wait before they come back

const SECRET = 'a secret of more than thirty-two bytes'

const tokenOf = (name: string, sub?: string): Promise<string> =>
  new SignJWT({ docs: [{ name, access: 'write' }], ...(sub === undefined ? {} : { sub }) })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(SECRET))

const start = async (dataDir: string, port = '0') => {
  const env = { QUIRE_AUTH: 'jwt', QUIRE_JWT_SECRET: SECRET, QUIRE_PORT: port }
  const config = readConfig({}, env)
  if (!config.ok) throw new Error(config.error.join())
  const storage = await sqliteStorage({ dataDir, synchronous: 'normal' })
  const events: QuireEvent[] = []
  const observe = { event: (event: QuireEvent) => void events.push(event) }
  const server = await serve(config.value, { storage, observe })
  if (!server.ok) throw new Error(server.error)
  onTestFinished(() => server.value.close().then(() => undefined))
  return { server: server.value, events }
}

const managerOf = async ({ url }: RunningServer, docs: string): Promise<DocumentManager> =>
  new DocumentManager(url.replace('http://', `ys://${await tokenOf(docs)}@`))

/** y-sweet's client, whose application makes its tokens; `tokens` are those that it got. */
const openClient = (
  manager: DocumentManager,
  docId: string,
  request: Parameters<DocumentManager['getClientToken']>[1] = {},
) => {
  const complaint = vi.spyOn(console, 'warn').mockReturnValue(undefined) // of lost connections
  onTestFinished(() => complaint.mockRestore())
  const tokens: string[] = []
  const doc = new Y.Doc()
  let isOver = false
  const authEndpoint = async () => {
    if (isOver) await new Promise(() => undefined) // it would ask for ever
    const made = await manager.getOrCreateDocAndToken(docId, request)
    tokens.push(made.token ?? '')
    return made
  }
  const provider = new YSweetProvider(authEndpoint, docId, doc, { showDebuggerLink: false })
  onTestFinished(() => {
    isOver = true
    provider.connect = async () => undefined // it comes back whatever ends its socket
    provider.destroy()
  })
  const isSaved = (): boolean => provider.status === 'connected' && !provider.hasLocalChanges
  return { provider, tokens, isSaved, text: doc.getText('text') }
}

const textOf = async (manager: DocumentManager, docId: string): Promise<string> => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, await manager.getDocAsUpdate(docId))
  return doc.getText('text').toJSON()
}

const eventually = (holds: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(holds, { timeout: 30_000, interval: 20 })

describe('a y-sweet client with a token', () => {
  it('comes back after a restart, and says that it is saved when what it wrote meanwhile is', async () => {
    const dataDir = temporaryDir()
    const first = await start(dataDir)
    const manager = await managerOf(first.server, 'mine')
    const client = openClient(manager, 'mine', { userId: 'ann' })
    client.text.insert(0, 'before ')
    await eventually(() => expect(client.isSaved()).toBe(true))
    await first.server.close()
    await eventually(() => expect(client.provider.status).not.toBe('connected'))
    client.text.insert(client.text.length, 'meanwhile')
    expect(client.provider.hasLocalChanges).toBe(true)

    const saved: Promise<string>[] = []
    client.provider.on('local-changes', (hasChanges: unknown) => {
      if (hasChanges === false) saved.push(textOf(manager, 'mine'))
    })
    await start(dataDir, new URL(first.server.url).port)
    await eventually(() => expect(saved).toHaveLength(1))
    expect(await saved[0]).toBe('before meanwhile')
  })

  it('is sent away when it expires, and comes back with another one', async () => {
    const { server, events } = await start(temporaryDir())
    const manager = await managerOf(server, 'mine')
    const client = openClient(manager, 'mine', { validForSeconds: 1 })
    await eventually(() => expect(client.isSaved()).toBe(true))
    await eventually(() =>
      expect(events).toContainEqual({
        kind: 'session-closed',
        document: 'mine',
        close: 'tryAgainLater',
        reason: 'the login has expired; come back with another one',
      }),
    )
    client.text.insert(0, 'hello')
    await eventually(async () => {
      expect(client.tokens.length).toBeGreaterThan(1)
      expect(await textOf(manager, 'mine')).toBe('hello')
    })
    expect(new Set(client.tokens).size).toBe(client.tokens.length)
  })
})

it('no event holds a token or the secret, whatever comes of it', async () => {
  const { server, events } = await start(temporaryDir())
  const good = await tokenOf('mine', 'ann')
  const tokens = [good, await tokenOf('other'), `${good.slice(0, -6)}abcdef`, 'not-a-token-at-all']
  const manager = await managerOf(server, 'mine')
  const { token: made = '' } = await manager.getClientToken('mine')
  for (const token of [...tokens, made]) {
    const headers = { Authorization: `Bearer ${token}` }
    for (const path of [`/d/mine/as-update?token=${token}`, `/nowhere?token=${token}`])
      await (await fetch(server.url + path)).text()
    await (await fetch(`${server.url}/d/mine/as-update`, { headers })).text()
    for (const path of ['yjs/mine', 'yjs/%00', 'd/mine/ws/mine', 'doc/ws/mine']) {
      const url = `${server.url.replace('http', 'ws')}/${path}?token=${token}`
      const socket = new WebSocket(url)
      onTestFinished(() => socket.terminate())
      socket.on('error', () => undefined)
    }
  }
  await eventually(() => {
    const refused = events.filter(({ kind }) => kind === 'session-closed')
    expect(refused.length).toBeGreaterThanOrEqual(8) // three by their tokens, and five by their name
  })
  const told = JSON.stringify(events)
  for (const secret of [SECRET, made, ...tokens]) expect(told).not.toContain(secret)
})
