/* What the doctor finds: a machine that is not as it should be, and what stands before a server and is in its way. */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { certificateFiles, selfSigned } from '../edges/websocket/testing/self-signed.ts'
import { newDataDir, runCommand, startListening } from '../testing/command.ts'
import type { Check } from './doctor/check.ts'
import { storedDocuments } from './verify/testing/stored.ts'

vi.setConfig({ testTimeout: 30_000 }) // processes have to start

const LOGINS = { QUIRE_AUTH: 'jwt', QUIRE_JWT_SECRET: 'a-secret-of-more-than-thirty-two-bytes' }

const examine = async (
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ exit: number | null; checks: ReadonlyMap<string, Check> }> => {
  const ran = await runCommand(['doctor', '--json', ...args], env)
  const { checks } = JSON.parse(ran.stdout) as { checks: readonly Check[] }
  return { exit: ran.exit, checks: new Map(checks.map((check) => [check.name, check])) }
}

/** A proxy that writes the client’s address anew, and passes all but upgrades on. */
const namingProxy = async (to: string): Promise<string> => {
  const proxy = createServer((incoming, outgoing) => {
    const headers = {
      ...incoming.headers,
      'x-forwarded-for': incoming.socket.remoteAddress ?? 'unknown',
    }
    const passed = request(new URL(incoming.url ?? '/', to), { headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(passed)
  })
  refuseUpgrades(proxy)
  return listening(proxy)
}

/** A proxy in front of a server that passes no upgrade on, holds streams back, and takes no large bodies. */
const badProxy = async (to: string): Promise<string> => {
  const proxy = createServer((incoming, outgoing) => {
    const [path, length] = [incoming.url ?? '/', Number(incoming.headers['content-length'] ?? 0)]
    if (path.startsWith('/sync/stream')) return outgoing.writeHead(200).flushHeaders()
    if (length > 1_000_000)
      return void outgoing.writeHead(413, { Connection: 'close' }).end('large')
    const passed = request(new URL(path, to), { method: incoming.method }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(passed)
  })
  refuseUpgrades(proxy)
  return listening(proxy)
}

const refuseUpgrades = (proxy: Server): void => {
  proxy.on('upgrade', (_incoming, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
}

/** Its address, until the test is over. */
const listening = async (proxy: Server): Promise<string> => {
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` // it listens on TCP
}

describe('quire doctor', () => {
  it('measures the disk, and names who has the port, options that conflict, and a clock before the log', async () => {
    const taken = createServer((_incoming, outgoing) => outgoing.end('no Quire')).listen(
      0,
      '127.0.0.1',
    )
    await once(taken, 'listening')
    onTestFinished(() => void taken.close())
    const port = String((taken.address() as AddressInfo).port) // it listens on TCP
    const file = await storedDocuments()
    const db = new Database(file)
    db.prepare('UPDATE updates SET at = ? WHERE doc = 2').run(Date.now() + 86_400_000)
    db.close()
    const { exit, checks } = await examine(['--data-dir', join(file, '..')], { QUIRE_PORT: port })
    expect(exit).toBe(3)
    expect(checks.get(`port ${port}`)).toMatchObject({ state: 'change' })
    expect(checks.get(`port ${port}`)?.says).toContain(`process ${process.pid} `)
    expect(checks.get('clock')).toMatchObject({
      state: 'change',
      change: expect.stringContaining('set the clock'),
    })
    expect(checks.get('disk speed')?.says).toMatch(
      /^fsync takes [\d.]+ ms \(p50\), [\d.]+ ms \(p99\), of \d+/,
    )
    expect(checks.get('Node')).toMatchObject({ state: 'good' })

    const env = { QUIRE_JWT_SECRET: 'a-secret-of-more-than-thirty-two-bytes', QUIRE_PORT: '0' }
    const other = await examine(['--data-dir', '/nowhere'], env)
    expect(other.exit).toBe(3)
    expect(other.checks.get('options')?.says).toContain('QUIRE_AUTH: there is a QUIRE_JWT_SECRET')
    expect(other.checks.get('data directory')?.says).toBe('/nowhere is not there')
    expect(JSON.stringify([...other.checks])).not.toContain('a-secret')
  })

  it('finds nothing to change at a server without a proxy, and each thing that a bad one does', async () => {
    const server = await startListening(await newDataDir())
    const straight = await examine(['--url', server.url])
    expect([...straight.checks.values()].filter(({ state }) => state !== 'good')).toEqual([])
    expect([...straight.checks.keys()]).toEqual([
      'server',
      'clocks',
      'WebSocket',
      'large WebSocket message',
      'event stream',
      'large request',
      'client address',
    ])
    expect(straight.exit).toBe(0)
    const { exit, checks } = await examine(['--url', await badProxy(server.url)])
    expect(exit).toBe(3)
    const wrong = [...checks.values()].filter(({ state }) => state === 'change')
    expect(wrong.map(({ name }) => name)).toEqual([
      'WebSocket',
      'event stream',
      'large request',
      'client address',
    ])
    for (const { change } of wrong) expect(change).toMatch(/nginx/)
  })

  it.each([
    { proxies: '', found: { state: 'change', change: 'set QUIRE_TRUSTED_PROXIES=127.0.0.1' } },
    { proxies: '127.0.0.1', found: { state: 'good' } },
  ])(
    'says whether a server that trusts "$proxies" knows the proxy before it',
    async ({ proxies, found }) => {
      const [server, token] = await Promise.all([
        startListening(await newDataDir(), { ...LOGINS, QUIRE_TRUSTED_PROXIES: proxies }),
        runCommand(['token', '--operations', 'read', '--sub', 'ops'], LOGINS),
      ])
      const env = { QUIRE_TOKEN: token.stdout.trimEnd() }
      const { checks } = await examine(['--url', await namingProxy(server.url)], env)
      expect(checks.get('client address')).toMatchObject(found)
    },
  )

  it.each([
    { what: 'no token', env: {}, says: 'with a token in QUIRE_TOKEN' },
    {
      what: 'none that is one',
      env: { QUIRE_TOKEN: 'two\nlines' },
      says: 'QUIRE_TOKEN is no token',
    },
  ])('asks for a token where it has $what', async ({ env, says }) => {
    const server = await startListening(await newDataDir(), LOGINS)
    const { checks } = await examine(['--url', server.url], env)
    expect(checks.get('client address')).toMatchObject({
      state: 'unknown',
      says: expect.stringContaining(says),
    })
  })

  it('says that an address only leads to another one, which no WebSocket follows', async () => {
    const leading = createServer((incoming, outgoing) =>
      outgoing.writeHead(308, { Location: `https://docs.example.org${incoming.url}` }).end(),
    )
    const { exit, checks } = await examine(['--url', await listening(leading)])
    expect(exit).toBe(3)
    expect([...checks.keys()]).toEqual(['server'])
    expect(checks.get('server')?.says).toContain('leads to https://docs.example.org/health/ready')
  })

  it('knows a Quire behind its own certificate by its port, and takes a token for no option', async () => {
    const { files, write } = certificateFiles()
    write(selfSigned('docs.example.org'))
    const tls = { QUIRE_TLS_CERT: files.cert, QUIRE_TLS_KEY: files.key }
    const dataDir = await newDataDir()
    const { url } = await startListening(dataDir, tls)
    const { port } = new URL(url)
    const env = { ...tls, QUIRE_PORT: port, QUIRE_TOKEN: 'a token' }
    const { checks } = await examine(['--data-dir', dataDir], env)
    expect(checks.get(`port ${port}`)).toMatchObject({
      state: 'good',
      says: expect.stringContaining('a Quire serves there'),
    })
    expect(checks.has('options')).toBe(false)
  })

  it('goes on where the disk cannot be measured, and says why it cannot', async () => {
    const file = join(await newDataDir(), 'file')
    await writeFile(file, 'no directory')
    const { exit, checks } = await examine(['--data-dir', file], { QUIRE_PORT: '0' })
    expect(exit).toBe(3)
    expect(checks.get('disk speed')).toMatchObject({
      state: 'change',
      says: expect.stringContaining('ENOTDIR'),
    })
    expect(checks.has('free space')).toBe(true)
  })

  it('says where nothing answers, and is told what is no address', async () => {
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const { port } = free.address() as AddressInfo // it listens on TCP
    free.close()
    const { exit, checks } = await examine(['--url', `http://127.0.0.1:${port}`])
    expect(exit).toBe(3)
    expect(checks.get('server')).toMatchObject({
      state: 'change',
      says: expect.stringContaining('ECONNREFUSED'),
    })
    for (const url of ['docs.example.org', `http://ann:hush@127.0.0.1:${port}`]) {
      const ran = await runCommand(['doctor', '--url', url])
      expect(ran).toMatchObject({ exit: 2, stdout: '' })
      expect(ran.stderr).toMatch(/^quire: --url: must be an address .*, without a password\n$/)
    }
  })
})
