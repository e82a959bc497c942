/* The command as a real process that logs all it can, targets that take nothing, and what stands in its log. */
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createApiClient } from './client.ts'
import { readConfig } from './config.ts'
import type { CertificateFiles } from './edges/websocket/certificate.ts'
import { certificateFiles, selfSigned } from './edges/websocket/testing/self-signed.ts'
import { SECRET, startTarget } from './runtime/webhooks/testing/target.ts'
import { newDataDir, startListening } from './testing/command.ts'

vi.setConfig({ testTimeout: 60_000 }) // a process has to start

const eventually = (holds: () => void): Promise<void> =>
  vi.waitFor(holds, { timeout: 20_000, interval: 10 })

/** A target over TLS, and the bodies that it got. */
const secureTarget = async (certificate: CertificateFiles) => {
  const bodies: string[] = []
  const server = createServer(certificate, (request, response) => {
    void text(request).then((body) => {
      bodies.push(body)
      response.writeHead(204).end()
    })
  })
  server.on('tlsClientError', () => undefined) // of who turns away from its certificate
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`, bodies }
}

const hidden = ['hidden-path', 'hidden-query', SECRET, SECRET.replace('whsec_', '')]

it('logs of targets their hosts, and neither their paths nor what they are told with', async () => {
  const path = '/hidden-path?token=hidden-query'
  const fails = await startTarget((response) => void response.writeHead(500).end('hidden-path'), {
    path,
  })
  const resets = await startTarget((response) => void response.socket?.resetAndDestroy(), { path })
  const gone = await startTarget((response) => void response.writeHead(410).end(), { path })
  const takes = await startTarget(undefined, { path })
  const closed = await startTarget(undefined, { path })
  await closed.end()
  const targets = [fails, resets, gone, takes, closed]
  const command = await startListening(await newDataDir(), {
    QUIRE_LOG_LEVEL: 'trace',
    QUIRE_WEBHOOK_URLS: targets.map(({ url }) => url).join(','),
    QUIRE_WEBHOOK_SECRET: SECRET,
    QUIRE_WEBHOOK_ALLOW_PRIVATE: 'on',
  })
  await createApiClient({ url: command.url }).create('notes')
  const heard = (kind: string) =>
    command.log.split('\n').filter((line) => line.includes(`"kind":"webhook-${kind}"`))
  await eventually(() => {
    expect(heard('failed')).toHaveLength(4)
    expect(heard('delivered')).toHaveLength(1)
    expect(heard('dead')).toHaveLength(1)
  })
  for (const { port } of targets) expect(command.log).toContain(`"host":"127.0.0.1:${port}"`)
  command.child.kill('SIGTERM')
  expect(await command.exit).toBe(0)
  for (const secret of hidden) expect(command.log).not.toContain(secret)
})

it('tells a target over TLS whose certificate holds, and sends nothing to another one', async () => {
  const certificate = selfSigned('target')
  const stranger = selfSigned('stranger')
  const { files, write } = certificateFiles()
  write(certificate)
  const known = await secureTarget(certificate)
  const unknown = await secureTarget(stranger)
  const command = await startListening(await newDataDir(), {
    NODE_EXTRA_CA_CERTS: files.cert,
    QUIRE_WEBHOOK_URLS: [known.url, unknown.url].join(','),
    QUIRE_WEBHOOK_SECRET: SECRET,
    QUIRE_WEBHOOK_ALLOW_PRIVATE: 'on',
  })
  await createApiClient({ url: command.url }).create('notes')
  await eventually(() => {
    expect(known.bodies).toHaveLength(1)
    expect(command.log).toContain('the request failed: DEPTH_ZERO_SELF_SIGNED_CERT')
  })
  expect(known.bodies[0]).toContain('"type":"document.created"')
  expect(unknown.bodies).toEqual([])
})

it.each([
  [{ QUIRE_WEBHOOK_URLS: 'https://ann:pass@example.org/hidden-path' }, 'QUIRE_WEBHOOK_URLS'],
  [{ QUIRE_WEBHOOK_URLS: 'http://example.org/hidden-path' }, 'QUIRE_WEBHOOK_URLS'],
  [{ QUIRE_WEBHOOK_SECRET: SECRET.slice(0, -8) + 'hidden-path' }, 'QUIRE_WEBHOOK_SECRET'],
  [
    { QUIRE_WEBHOOK_URLS: 'https://example.org/hidden-path', QUIRE_WEBHOOK_SECRET: '' },
    'QUIRE_WEBHOOK_SECRET',
  ],
])('refuses options that cannot be, and does not say them: %o', (env, name) => {
  const config = readConfig({}, { QUIRE_WEBHOOK_SECRET: SECRET, ...env })
  const problems = config.ok ? [] : config.error
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(new RegExp(`^${name}: `))
  expect(problems[0]).not.toMatch(/hidden|pass@/)
})
