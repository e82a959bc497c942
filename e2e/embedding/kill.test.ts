/* What a program was told is on disk is there, however the program ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createQuire, openAuth, sqliteStorage } from '@quire/server'
import { expect, it, onTestFinished } from 'vitest'

const program = (dataDir: string): string => `
  import { createQuire, openAuth, sqliteStorage } from '@quire/server'
  const storage = await sqliteStorage({ dataDir: ${JSON.stringify(dataDir)} })
  const notes = createQuire({ storage, authorize: openAuth, content: { schema: 'plain' } }).document('notes')
  for (let edits = 1; ; edits++) {
    await Promise.all([
      notes.edit((doc) => doc.getMap('one').set(String(edits), true)),
      notes.edit((doc) => doc.getMap('other').set(String(edits), true)),
    ])
    process.stdout.write(edits + '\\n')
  }
`

it('every edit that resolved before a kill -9 is in the document', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'quire-kill-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const flags = ['--conditions=quire-source', '--input-type=module', '--eval', program(dataDir)]
  const child = spawn(process.execPath, flags, { cwd: import.meta.dirname })
  let told = ''
  child.stdout.on('data', (bytes: Buffer) => {
    told += bytes.toString()
    if (told.split('\n').length > 20) child.kill('SIGKILL')
  })
  await once(child, 'close')
  const last = Number(told.trimEnd().split('\n').at(-1))
  expect(last).toBeGreaterThanOrEqual(20)

  const storage = await sqliteStorage({ dataDir })
  const quire = createQuire({ storage, authorize: openAuth, content: { schema: 'plain' } })
  onTestFinished(() => quire.close())
  const edits = Array.from({ length: last }, (_, index) => String(index + 1))
  const kept = Object.fromEntries(edits.map((edit) => [edit, true]))
  expect(await quire.document('notes').read({ as: 'json' })).toMatchObject({
    one: kept,
    other: kept,
  })
})
