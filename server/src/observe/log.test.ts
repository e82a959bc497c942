import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** What a program of its own logs: pino writes to the file descriptor, past any capture. */
const logged = (level: string, event: string): readonly Record<string, unknown>[] => {
  const log = new URL('log.ts', import.meta.url).href
  const { stderr, stdout, status } = spawnSync(
    process.execPath,
    [
      '--conditions=quire-source',
      '--input-type=module',
      '--eval',
      `import { createLog } from '${log}'\ncreateLog('${level}').event(${event})`,
    ],
    { encoding: 'utf8' },
  )
  expect([status, stdout]).toEqual([0, '']) // standard output is the command's own
  return stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>) // pino's lines are objects
}

describe('the log', () => {
  it('writes an event as one JSON line', () => {
    const [line, ...more] = logged('info', `{ kind: 'drained', left: 2 }`)
    expect(more).toEqual([])
    expect(line).toMatchObject({ level: 30, kind: 'drained', left: 2, msg: 'drained' })
    expect(typeof line?.['time']).toBe('number')
  })

  it('tells a bug with its message, its stack and what caused it', () => {
    const error = `new Error('no such room', { cause: new Error('the cause') })`
    const [line] = logged('error', `{ kind: 'bug', document: null, error: ${error} }`)
    expect(line).toMatchObject({ level: 50, error: { message: /no such room/ } })
    expect(JSON.stringify(line)).toContain('the cause')
    expect(JSON.stringify(line)).toContain('at ')
  })

  it('leaves out what is below its level', () => {
    expect(logged('warn', `{ kind: 'drained', left: 0 }`)).toEqual([])
    expect(logged('silent', `{ kind: 'bug', document: null, error: new Error('x') }`)).toEqual([])
  })

  it('goes on, and throws nothing, where the disk it writes to is full', () => {
    const log = new URL('log.ts', import.meta.url).href
    const full = openSync('/dev/full', 'w')
    const code = `import { createLog } from '${log}'
      const log = createLog('info')
      for (let i = 0; i < 3; i++) log.event({ kind: 'drained', left: i })
      setImmediate(() => process.stdout.write('still here'))`
    const { stdout, status } = spawnSync(
      process.execPath,
      ['--conditions=quire-source', '--input-type=module', '--eval', code],
      { stdio: ['ignore', 'pipe', full], encoding: 'utf8' },
    )
    closeSync(full)
    expect([status, stdout]).toEqual([0, 'still here'])
  })
})
