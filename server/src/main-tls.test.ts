/* The command as a real process that speaks TLS, with the stock client. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { certificateFiles, selfSigned } from './edges/websocket/testing/self-signed.ts'
import { until } from './runtime/testing/server.ts'
import { newDataDir, startCommand, startListening } from './testing/command.ts'

vi.setConfig({ testTimeout: 60_000 }) // processes have to start

const connect = (url: string, ca: string): WebsocketProvider => {
  // the stock client takes a class of sockets, and trusts what that does
  class Trusting extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, { ca })
    }
  }
  const options = { disableBc: true, WebSocketPolyfill: Trusting as never }
  const provider = new WebsocketProvider(
    `${url.replace('https', 'wss')}/yjs`,
    'notes',
    new Y.Doc(),
    options,
  )
  onTestFinished(() => provider.destroy())
  return provider
}

const ask = async (url: string, ca: string): Promise<IncomingMessage> => {
  const asked = get(`${url}/health/live`, { ca, agent: false })
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.resume()
  return answer
}

it('a server with a certificate takes stock clients by wss, and reads it anew on SIGHUP without losing them', async () => {
  const first = selfSigned('first')
  const { files, write } = certificateFiles()
  write(first)
  const env = { QUIRE_TLS_CERT: files.cert, QUIRE_TLS_KEY: files.key }
  const command = await startListening(await newDataDir(), env)
  expect(command.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  expect((await ask(command.url, first.cert)).headers['strict-transport-security']).toBe(
    'max-age=31536000',
  )

  const ann = connect(command.url, first.cert)
  await until('ann is synced', () => ann.synced)
  let closes = 0
  ann.on('connection-close', () => closes++)
  write({ key: 'broken' })
  command.child.kill('SIGHUP')
  await until('it says so', () => command.log.includes('"kind":"tls-reload-failed"'))
  expect((await ask(command.url, first.cert)).statusCode).toBe(200)

  const second = selfSigned('second')
  write(second)
  command.child.kill('SIGHUP')
  await until('it is read', () => command.log.includes('"kind":"tls-reloaded"'))
  const bob = connect(command.url, second.cert)
  ann.doc.getText('text').insert(0, 'over TLS')
  await until('bob has it', () => bob.doc.getText('text').toJSON() === 'over TLS')
  expect(closes).toBe(0)
  await expect(ask(command.url, first.cert)).rejects.toThrow('self-signed certificate')
  for (const pem of [second.key, first.key, second.cert])
    expect(command.log).not.toContain(pem.split('\n')[1])
  ann.disconnect()
  bob.disconnect()
  command.child.kill('SIGTERM')
  expect(await command.exit).toBe(0)
})

it('a TLS handshake that nobody ends holds up no exit', async () => {
  const { files, write } = certificateFiles()
  const own = selfSigned('own')
  write(own)
  const command = await startListening(await newDataDir(), {
    QUIRE_TLS_CERT: files.cert,
    QUIRE_TLS_KEY: files.key,
    QUIRE_MAX_HANDSHAKE_MS: '60000',
  })
  const half = connectTcp(Number(new URL(command.url).port), '127.0.0.1')
  half.on('error', () => undefined)
  await once(half, 'connect')
  half.write(Uint8Array.of(22, 3, 1)) // the first bytes of a ClientHello
  expect((await ask(command.url, own.cert)).statusCode).toBe(200) // so the one before is accepted as well
  command.child.kill('SIGTERM')
  expect(await command.exit).toBe(0)
})

it('a SIGHUP that comes while the server starts has the certificate read anew', async () => {
  const { files, write } = certificateFiles()
  write(selfSigned('own'))
  // as the command begins to listen for the signal, which is before it opens anything
  const preload = `data:text/javascript,${encodeURIComponent(`
    process.on('newListener', (name) => {
      if (name === 'SIGHUP') process.nextTick(() => process.kill(process.pid, 'SIGHUP'))
    })`)}`
  const command = await startListening(await newDataDir(), {
    QUIRE_TLS_CERT: files.cert,
    QUIRE_TLS_KEY: files.key,
    NODE_OPTIONS: `--import=${preload}`,
  })
  await until('it is read', () => command.log.includes('"kind":"tls-reloaded"'))
})

it('a certificate that cannot be used stops the start with the sentence of its option', async () => {
  const { files, write } = certificateFiles()
  write({ cert: selfSigned('own').cert, key: selfSigned('other').key })
  const env = { QUIRE_TLS_CERT: files.cert, QUIRE_TLS_KEY: files.key }
  const command = startCommand(await newDataDir(), env)
  expect(await command.exit).toBe(1)
  expect(command.log).toBe(
    `quire: QUIRE_TLS_KEY: ${files.key} is not the key of the certificate in ${files.cert}. ` +
      'Private key of QUIRE_TLS_CERT, as PEM, without a passphrase.\n',
  )
})
