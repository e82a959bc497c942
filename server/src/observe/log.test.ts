import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'

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

  it('tells no token that an error says', () => {
    const error = `new Error('cannot read /a?token=hush', { cause: new Error('Bearer hush-hush') })`
    const [line] = logged('error', `{ kind: 'bug', document: null, error: ${error} }`)
    expect(JSON.stringify(line)).toContain('cannot read /a?token=[redacted]')
    expect(JSON.stringify(line)).not.toContain('hush')
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

  describe('where the disk takes nothing for a while', () => {
    /** What a program says, and has logged in the end, that makes the disk take nothing or all again. */
    const run = (code: string) => {
      const dir = mkdtempSync(join(tmpdir(), 'quire-log-'))
      onTestFinished(() => rmSync(dir, { recursive: true }))
      const file = join(dir, 'log')
      const disk = openSync(file, 'w')
      const program = `import { execFileSync } from 'node:child_process'
        import { createLog } from '${new URL('log.ts', import.meta.url).href}'
        const log = createLog('info')
        const limit = (bytes) =>
          execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=' + bytes + ':unlimited'])
        const [fill, free] = [() => limit(0), () => limit('unlimited')]
        const heldBytes = () => (gc(), process.memoryUsage().heapUsed)
        ${code}`
      const { stdout, status } = spawnSync(
        process.execPath,
        ['--expose-gc', '--conditions=quire-source', '--input-type=module', '--eval', program],
        { stdio: ['ignore', 'pipe', disk], encoding: 'utf8' },
      )
      closeSync(disk)
      expect(status).toBe(0)
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
      return { stdout, lines: lines.map((line) => JSON.parse(line) as { left?: number }) } // a drain's
    }

    it('writes what it could not as soon as it can', () => {
      const { stdout, lines } = run(`fill()
        for (let left = 0; left < 3; left++) log.event({ kind: 'drained', left })
        setImmediate(() => {
          process.stdout.write('still here')
          free()
          log.event({ kind: 'drained', left: 3 })
        })`)
      expect(stdout).toBe('still here')
      expect(lines.map(({ left }) => left)).toEqual([0, 1, 2, 3])
    })

    it('keeps 1 MiB of what it could not write, and goes on writing after more than that', () => {
      const { stdout, lines } = run(`const before = heldBytes()
        const url = 'x'.repeat(1024)
        fill()
        for (let left = 0; left < 32 * 1024; left++) log.event({ kind: 'drained', left, url })
        process.stdout.write(String(heldBytes() - before))
        free()
        for (const left of [-1, -2]) log.event({ kind: 'drained', left, url })`)
      expect(Number(stdout)).toBeLessThan(4 * 1024 * 1024)
      expect(lines.slice(0, 2).map(({ left }) => left)).toEqual([0, 1])
      expect(lines.length).toBeGreaterThan(900)
      expect(lines.length).toBeLessThan(1_100)
      expect(lines.at(-1)?.left).toBe(-2)
    })
  })
})
