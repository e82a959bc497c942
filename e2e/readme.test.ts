/* The README is true: its table is the server's own, and its code runs. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { optionRows } from '@quire/server'
import { expect, test } from 'vitest'
import { codeOf } from './harness/code-blocks.ts'
import { startServer } from './harness/server-process.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const README = readFileSync(join(ROOT, 'README.md'), 'utf8')

const OPTIONS = readFileSync(join(ROOT, 'server/OPTIONS.md'), 'utf8')

const amount = (fallback: string): string => {
  if (fallback === '') return 'none'
  const mebibytes = Number(fallback) / 2 ** 20
  return mebibytes >= 1 && Number.isInteger(mebibytes) ? `${mebibytes} Mi` : fallback
}

const rowOf = ({ env, fallback, unit }: (typeof optionRows)[number]): string =>
  `| \`${env}\` | ${amount(fallback)} | ${unit} |`

test('OPTIONS.md lists every option with its default, its unit and its reason', () => {
  const rows = optionRows.map((option) => `${rowOf(option)} ${option.about} |`)
  expect(OPTIONS).toContain(`| --- | --- | --- | --- |\n${rows.join('\n')}\n`)
})

test('the README has less than 120 lines and links to files that exist', () => {
  expect(README.split('\n').length).toBeLessThan(120)
  const links = [...README.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? '')
  expect(links.length).toBeGreaterThan(3)
  expect(links.filter((link) => !existsSync(join(ROOT, link)))).toEqual([])
})

test('the client code of the README runs against a server', async () => {
  const [code = ''] = codeOf('README.md', 'js')
  expect(code).toContain('ws://127.0.0.1:4400/yjs')
  const server = await startServer()
  // beside the workspace's packages, so that the imports resolve; it ends once all is sent, where a
  // real one stays
  const file = join(ROOT, 'e2e', `.readme-${process.pid}.mjs`)
  try {
    writeFileSync(
      file,
      `${code.replace('ws://127.0.0.1:4400/yjs', server.yjsUrl)}\nsetInterval(() => provider.ws.bufferedAmount === 0 && process.exit(), 5)\n`,
    )
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 20_000 })
    expect(stdout).toBe('Written by a script. \n')
  } finally {
    rmSync(file, { force: true })
    await server.remove()
  }
})
