import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { folderOf } from './moving/testing/moving.ts'
import { createOutput } from './output.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

it('what is said after work that failed midway has a line of its own on a terminal', () => {
  let text = ''
  const target = { isTTY: true, columns: 80, write: (more: string) => void (text += more) }
  const { signal } = new AbortController()
  const { output, endProgress } = createOutput(signal, { isJson: false, target })
  output.progress('copying', 'bytes').at(1, 2)
  output.progress('writing', 'bytes') // which has not begun
  endProgress()
  output.note('interrupted')
  expect(text).toMatch(/^\rcopying .*\rcopying .*\nquire: interrupted\n$/)
})

it('what names and others say gives no orders to a terminal', () => {
  let text = ''
  const target = { isTTY: true, columns: 80, write: (more: string) => void (text += more) }
  const { output } = createOutput(new AbortController().signal, { isJson: false, target })
  output.note('a\u001b]0;title\u0007 b\u009b2J\nline\ttab é')
  expect(text).toBe('quire: a\\u001b]0;title\\u0007 b\\u009b2J\nline\ttab é\n')
})

it.runIf(existsSync('/dev/full'))(
  'a token that cannot be written is none that was made',
  async () => {
    const args = ['token', '--doc', 'a=read', '--sub', 'ann', '--secret-file', secretFile()]
    const full = openSync('/dev/full', 'w')
    onTestFinished(() => closeSync(full))
    const child = spawn(process.execPath, ['--conditions=quire-source', MAIN, ...args], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', full, 'pipe'],
    })
    let said = ''
    child.stderr?.on('data', (more: Buffer) => (said += more.toString()))
    const [code] = await once(child, 'close')
    expect(code).toBe(1)
    expect(said).toMatch(/^quire: what came of it cannot be written: ENOSPC/)
  },
  20_000,
)

const secretFile = (): string => {
  const folder = folderOf({ secret: 'a-secret-of-more-than-thirty-two-bytes' })
  return join(folder, 'secret')
}
