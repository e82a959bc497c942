/* The README of the client package is true: its code runs. */
import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { codeOf } from '../harness/code-blocks.ts'
import { startServer } from '../harness/server-process.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))

it('the code runs against a server, and ends by itself', async () => {
  const [code = ''] = codeOf('web/provider/README.md', 'js')
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
