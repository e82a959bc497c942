import { readFileSync, existsSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { kindOf, unwrap } from '../contract/fixture.ts'
import { claimDataDir } from './owner.ts'
import { startChild } from './testing/child.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

vi.setConfig({ testTimeout: 60_000 }) // processes with threads take seconds to start on a busy machine

const startedAt = new Date('2026-01-02T03:04:05Z')

test('a second claim in the same process is refused with the name of this one', () => {
  const dir = temporaryDir()
  const { release } = unwrap(claimDataDir(dir, { startedAt, url: 'http://localhost:1' }))
  const second = claimDataDir(dir, { startedAt })
  expect(second).toEqual({
    ok: false,
    error: {
      kind: 'in-use',
      owner: {
        pid: process.pid,
        host: hostname(),
        startedAt: '2026-01-02T03:04:05.000Z',
        url: 'http://localhost:1',
      },
      message:
        `data directory ${dir} is in use by process ${process.pid} on ${hostname()}, since ` +
        '2026-01-02T03:04:05.000Z, serving http://localhost:1; stop that one or choose another',
    },
  })
  release()
})

test('a released claim leaves no note and can be claimed again', () => {
  const dir = temporaryDir()
  const first = unwrap(claimDataDir(dir, { startedAt }))
  first.release()
  expect(existsSync(join(dir, 'quire.owner.json'))).toBe(false)
  const second = unwrap(claimDataDir(dir, { startedAt }))
  first.release() // a second time: must not let go of what the other holds
  expect(kindOf(claimDataDir(dir, { startedAt }))).toBe('in-use')
  expect(existsSync(join(dir, 'quire.owner.json'))).toBe(true)
  second.release()
})

test.each(['', '{', 'null', '7', '{"pid":"1"}', '{"pid":1,"host":"h"}'])(
  'an owner whose note says %j is refused without a name',
  (note) => {
    const dir = temporaryDir()
    const { release } = unwrap(claimDataDir(dir, { startedAt }))
    writeFileSync(join(dir, 'quire.owner.json'), note)
    expect(claimDataDir(dir, { startedAt })).toMatchObject({
      error: { kind: 'in-use', owner: null, message: expect.stringContaining(dir) },
    })
    release()
  },
)

test('another process is refused with name and pid, also after a failed claim of our own', async () => {
  const dir = temporaryDir()
  const { release } = unwrap(claimDataDir(dir, { startedAt }))
  // Opening and closing the lock file here must not drop the lock, as POSIX would have it.
  expect(kindOf(claimDataDir(dir, { startedAt }))).toBe('in-use')
  expect(await startChild([dir]).line()).toMatchObject({
    refused: { kind: 'in-use', owner: { pid: process.pid, host: hostname() } },
  })
  release()
})

test('kill -9 frees the directory at once, whatever it leaves behind', async () => {
  const dir = temporaryDir()
  const child = startChild([dir])
  expect(await child.line()).toEqual({ opened: child.process.pid })
  expect(claimDataDir(dir, { startedAt })).toMatchObject({
    error: { kind: 'in-use', owner: { pid: child.process.pid, url: 'http://localhost:4400' } },
  })
  await child.kill()
  expect(existsSync(join(dir, 'quire.owner.json'))).toBe(true)

  const { release } = unwrap(claimDataDir(dir, { startedAt }))
  expect(JSON.parse(readFileSync(join(dir, 'quire.owner.json'), 'utf8'))).toMatchObject({
    pid: process.pid,
  })
  release()
})
