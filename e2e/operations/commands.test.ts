/* COMMANDS.md is true: its options are those of --help, its exit codes those of the program, and its examples run. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { COMMAND } from '../harness/command.ts'
import { serverDuringTest } from '../harness/during-test.ts'
import { runQuire } from '../harness/quire-command.ts'
import { newDirectory, newDocuments } from './stored.ts'

const PAGE = readFileSync(
  fileURLToPath(new URL('../../server/COMMANDS.md', import.meta.url)),
  'utf8',
)
const TEST_MS = 60_000

const blocksOf = (language: 'sh' | 'text'): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, block = '']) => block,
  )

it('COMMANDS.md has each command with the help that it prints', { timeout: TEST_MS }, async () => {
  const help = await runQuire(['--help'])
  const names = [...help.stdout.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(
    ([, name = '']) => name,
  )
  expect(names.length).toBeGreaterThan(5)
  for (const name of names) expect(PAGE).toContain(`## quire ${name}\n`)
  // the server's are in OPTIONS.md
  for (const name of names.filter((one) => one !== 'serve'))
    expect(PAGE).toContain((await runQuire([name, '--help'])).stdout)
})

it('the examples of COMMANDS.md run as they stand there', { timeout: TEST_MS }, async () => {
  const top = await newDirectory()
  const [here, bin] = [join(top, 'here'), join(top, 'bin')]
  for (const directory of [here, bin]) await mkdir(directory)
  await rename(await newDocuments(3, 10_000), join(here, '.quire'))
  await writeFile(join(bin, 'quire'), `#!/bin/sh\nexec '${process.execPath}' '${COMMAND}' "$@"\n`, {
    mode: 0o755,
  })
  const { url } = await serverDuringTest()
  const examples = blocksOf('sh')
  expect(examples.length).toBeGreaterThanOrEqual(5)
  const shell = spawn('sh', ['-euc', examples.join('\n')], {
    cwd: here,
    env: { PATH: `${bin}:${process.env['PATH']}`, ADDRESS: url },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  shell.stderr.on('data', (text: Buffer) => (said += text.toString()))
  const [exit] = await once(shell, 'close')
  if (exit !== 0) throw new Error(`${exit}: ${said}`)
})

it.each([
  [['backup']],
  [['backup', 'a', 'b']],
  [['backup', 'a', '--keep', '0']],
  [['backup', 'a', '--kep', '1']],
  [['restore']],
  [['restore', 'a', '--at', 'yesterday']],
  [['verify', '--at', '2026-11-26']],
  [['verify', 'a']],
  [['token']],
  [['doctor', '--url', 'ftp://a.example']],
  [['serve', '--prot', '1']],
  [['bakcup']],
])('%j is wrong usage', async (args) => {
  const ran = await runQuire(args)
  expect(ran).toMatchObject({ exit: 2, stdout: '' })
  expect(ran.stderr).not.toBe('')
})
