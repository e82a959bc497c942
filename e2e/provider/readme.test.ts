/* The README of the client package is true: its code runs. */
import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { startServer } from '../harness/server-process.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const README = readFileSync(join(HERE, '../../web/provider/README.md'), 'utf8')

it('the code runs against a server, and ends by itself', async () => {
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(README) ?? []
  expect(code).toContain('http://127.0.0.1:4400')
  const server = await startServer()
  const file = join(HERE, `.readme-${process.pid}.mjs`)
  try {
    writeFileSync(file, code.replace('http://127.0.0.1:4400', server.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=quire-source', file],
      { timeout: 20_000 },
    )
    expect(stdout).toBe('live true Written by a script. \n')
  } finally {
    rmSync(file, { force: true })
    await server.remove()
  }
})
