/* The unit for systemd: what it asks for, and that what it starts serves, reloads and ends. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { accessSync, chownSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { optionRows } from '@quire/server'
import { afterEach, expect, test } from 'vitest'
import { selfSigned } from '../../server/src/edges/websocket/testing/self-signed.ts'
import { mayBeNobody, NOBODY } from '../harness/unprivileged.ts'
import { here, UNIT, startLine, unitEnvironment, valueOf, valuesOf } from '../harness/unit-file.ts'
import { until } from '../harness/until.ts'
import { ROOT } from '../scripts/run.ts'

const fallbackOf = (key: string): number =>
  Number(optionRows.find((row) => row.key === key)?.fallback)

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'quire-unit-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('the unit gives more time and files than the server needs', () => {
  expect(Number(valueOf('TimeoutStopSec')) * 1_000).toBeGreaterThan(fallbackOf('maxDrainMs'))
  expect(Number(valueOf('LimitNOFILE'))).toBeGreaterThan(2 * fallbackOf('maxConnections'))
  expect(valuesOf('Environment')).toContain(`QUIRE_DATA_DIR=/var/lib/${valueOf('StateDirectory')}`)
  expect(UNIT).not.toMatch(/SECRET=/)
})

test('what is started with a wrong option is not started again', () => {
  const started = spawnSync(join(ROOT, 'server/bin/quire.js'), ['serve', '--port', 'many'])
  expect(String(started.status)).toBe(valueOf('RestartPreventExitStatus'))
})

test.runIf(hasAnalyze)('systemd takes it, and finds little that is exposed', () => {
  const file = join(folder(), 'quire.service')
  writeFileSync(file, here(UNIT))
  const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
  expect(verified.stderr.split('\n').filter((line) => line.includes('quire.service'))).toEqual([])
  expect(verified.status).toBe(0)
  // tenths: 2.0 of 10, of what systemd knows to lock
  execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', file])
})

const mayNobodyRead = (): boolean => {
  if (!mayBeNobody) return false
  const asked = spawnSync('test', ['-r', join(ROOT, 'server/bin/quire.js')], NOBODY)
  return asked.status === 0
}

const subjectOf = (port: number): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      const { CN } = socket.getPeerCertificate().subject
      resolve(Array.isArray(CN) ? CN[0] : CN)
      socket.destroy()
    })
    socket.once('error', reject)
  })

/** Does what `systemctl reload` does: `sh -c '…'`, with systemd's word for a dollar sign. */
const reload = (pid: number | undefined, env: Readonly<Record<string, string>>): void => {
  const [, script = ''] = /^\/bin\/sh -c '(.*)'$/.exec(valueOf('ExecReload')) ?? []
  const command = script.replaceAll('$$', '$')
  execFileSync('/bin/sh', ['-c', command], { env: { ...env, MAINPID: String(pid) } })
}

test('a reload sends the signal only to a server with a certificate, whom it does not end', async () => {
  const sleeper = spawn('sleep', ['60'])
  cleanups.push(() => sleeper.kill('SIGKILL'))
  const end = new Promise((resolve) => sleeper.once('exit', (_, signal) => resolve(signal)))
  reload(sleeper.pid, {})
  reload(sleeper.pid, { QUIRE_TLS_CERT: '' })
  sleeper.kill('SIGUSR1')
  expect(await end).toBe('SIGUSR1') // and not SIGHUP, which would have come first
  const another = spawn('sleep', ['60'])
  cleanups.push(() => another.kill('SIGKILL'))
  const ended = new Promise((resolve) => another.once('exit', (_, signal) => resolve(signal)))
  reload(another.pid, { QUIRE_TLS_CERT: 'cert.pem' })
  expect(await ended).toBe('SIGHUP')
})

test('what it starts serves as nobody, shows a new certificate on reload, and ends with 0', async () => {
  const dir = folder()
  const files = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') }
  const certify = (name: string): void => {
    const { cert, key } = selfSigned(name)
    writeFileSync(files.cert, cert)
    writeFileSync(files.key, key)
  }
  certify('first')
  const user = mayNobodyRead() ? NOBODY : null
  if (user !== null) chownSync(dir, user.uid, user.gid)
  const env = {
    ...unitEnvironment(),
    // what stands in /etc/quire/quire.env
    QUIRE_DATA_DIR: dir,
    QUIRE_AUTH: 'jwt',
    QUIRE_JWT_SECRET: 'a secret of more than 32 bytes, for tests',
    QUIRE_HOST: '127.0.0.1',
    QUIRE_PORT: '0',
    QUIRE_TLS_CERT: files.cert,
    QUIRE_TLS_KEY: files.key,
  }
  const [program = '', ...args] = startLine()
  accessSync(program, constants.X_OK)
  const child = spawn(program, args, { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], ...user })
  cleanups.push(() => child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (said += text.toString()))
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const listening = () => /^Quire listening on https:\/\/127\.0\.0\.1:(\d+)/m.exec(said)?.[1]
  await until(`it listens`, () => {
    if (child.exitCode !== null) throw new Error(said)
    return listening() !== undefined
  })
  const port = Number(listening())
  expect(await subjectOf(port)).toBe('first')

  certify('second')
  reload(child.pid, env)
  await until('the new certificate is shown', async () => (await subjectOf(port)) === 'second')

  child.kill('SIGTERM')
  expect(await exit).toBe(0)
})
