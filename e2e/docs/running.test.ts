/* What the pages tell a reader to type does what they show. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeBlocksIn, pages } from '../harness/code-blocks.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { ROOT } from '../scripts/run.ts'
import { doPage, hasSession } from './session.ts'

let server: ServerProcess
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.remove())

describe('from top to bottom, in one folder', () => {
  it.each(pages().filter(hasSession))('%s', async (page) => {
    await expect(doPage(page, String(server.port))).resolves.toBeGreaterThan(0)
  })
})

describe('programs of the documentation', () => {
  const programs = pages()
    .filter((page) => page.startsWith('web/docs/'))
    .flatMap(codeBlocksIn)
    .filter(({ language }) => language === 'js')

  it.each(programs.map((block) => [`${block.page}:${block.line}`, block] as const))(
    '%s has a name, which the text says, and is run',
    (_, { page, file }) => {
      const text = readFileSync(join(ROOT, page), 'utf8')
      expect(file).toMatch(/^[\w-]+\.mjs$/)
      expect(text).toContain(`\`${file}\``)
      const commands = codeBlocksIn(page).filter(({ language }) => language === 'sh')
      expect(commands.some(({ code }) => code.includes(`node ${file}`))).toBe(true)
    },
  )
})
