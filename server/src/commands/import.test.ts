import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { newDataDir } from '../testing/command.ts'
import { updateOf } from './moving/testing/moving.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

it('an import is interrupted while it waits for more of its standard input', async () => {
  const args = ['--conditions=quire-source', MAIN, 'import', '-', '--data-dir', await newDataDir()]
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const update = Buffer.from(updateOf('hello')).toString('base64')
  child.stdin.write(`${JSON.stringify({ name: 'notes', update })}\n`)
  let said = ''
  child.stderr.on('data', (text: Buffer) => {
    if (said === '') child.kill('SIGINT') // the first document is there, and no end
    said += text.toString()
  })
  const [code] = await once(child, 'exit')
  expect(code).toBe(1)
  expect(said).toMatch(/^importing: 1 documents\n(.*\n)?quire: interrupted by SIGINT\n$/)
}, 30_000)
