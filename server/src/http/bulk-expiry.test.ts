/* Many documents at once, under a login that expires meanwhile. */
import { err, millis, ok } from '@quire/shared'
import { expect, it, onTestFinished } from 'vitest'
import { plainGrant } from '../auth/plain-grant.ts'
import type { Auth } from '../ports/auth.ts'
import { startApp } from './testing/app.ts'

/** Everybody is an application until then. */
const until = (ms: number): Auth => {
  const grant = plainGrant({ access: 'write', user: null, expiresAt: millis(ms) })
  const authorize = () => Promise.resolve(ok({ ...grant, isApplication: true }))
  const issue = () => Promise.resolve(err({ kind: 'forbidden', message: 'none' } as const))
  return { needsToken: false, authorize, authorizeAll: authorize, issue }
}

/** The clock of a test starts at 1,000,000. */
const ENDS_AT = 1_060_000

const start = async () => {
  const app = await startApp({ editorRoot: '/nowhere', auth: until(ENDS_AT) })
  onTestFinished(() => app.stop())
  const { clock, weather } = app.server
  const ask = async (
    path: string,
    body: string | null = null,
  ): Promise<Record<string, unknown>[]> => {
    const sent = { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body }
    const response = await fetch(`${app.url}/api/v1${path}`, body === null ? {} : sent)
    expect(response.status).toBe(200)
    const text = await response.text()
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }
  return { clock, weather, ask, expire: () => clock.advance(ENDS_AT - clock.wall()) }
}

const LINES = ['a', 'b'].map((name) => JSON.stringify({ name, update: 'AAA=' })).join('\n')
const EXPIRED = { result: 'failed', detail: 'the login has expired' }

it('an import takes no line from the moment on at which its login ends', async () => {
  const { clock, weather, ask, expire } = await start()
  clock.advance(ENDS_AT - clock.wall() - 1)
  weather.hold('create')
  const told = ask('/import', LINES)
  await weather.called('create', 1)
  expire()
  weather.release('create')
  expect(await told).toEqual([
    { line: 1, name: 'a', result: 'created' },
    { line: 2, name: 'b', ...EXPIRED },
    { done: true, lines: 2 },
  ])
  expect(weather.calls.create).toBe(1)
})

it('an export has no document from the moment on at which its login ends', async () => {
  const { weather, ask, expire } = await start()
  expect(await ask('/import', LINES)).toHaveLength(3)
  weather.hold('read')
  const told = ask('/export')
  await weather.called('read', 1)
  expire()
  weather.release('read')
  expect(await told).toEqual([
    { name: 'a', ...EXPIRED },
    { name: 'b', ...EXPIRED },
    { done: true, documents: 0, failed: 2 },
  ])
  expect(weather.calls.read).toBe(1)
})
