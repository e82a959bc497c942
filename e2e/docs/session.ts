/*
 * A page, done by a reader: in one folder, from top to bottom. Blocks with a file name behind their
 * language are saved under it, `sh` blocks are run, and a `text` block behind one is all that it has
 * printed, where … stands for anything in a line. `quire serve` is started and stays, on a free port that
 * the blocks behind it use in place of 4400; pages that start none use a server that is there. 4401 is a
 * port of a reader's own program, and is a free one here. In commands, https://docs.example.org is the server
 * as well, and TOKEN is set.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { codeBlocksIn, type CodeBlock } from '../harness/code-blocks.ts'
import { freePort } from '../harness/free-port.ts'
import { ROOT } from '../scripts/run.ts'
import { exceptionOf } from './exceptions.ts'

const [SERVER_PORT, OWN_PORT] = ['4400', '4401']
const SERVER_NAME = 'https://docs.example.org'
/** Time for the commands of one block, milliseconds. */
const BLOCK_MS = 30_000

const isShell = (block: CodeBlock | undefined): block is CodeBlock =>
  block?.language === 'sh' && exceptionOf(block) === undefined

/** A line that starts a server and does nothing with what it says. */
const isServer = ({ code }: CodeBlock): boolean =>
  /^(?:[A-Z_]+=(?:'[^']*'|\S+) )*npx quire serve\b(?!.*(?:--help|\|))/m.test(code)

/**
 * What a machine would keep: commands that change it, and paths that are not of the folder. A page that has them
 * is never run here.
 */
const LASTING =
  /(?:^|[;&|(]\s*)(?:sudo|docker|systemctl|install|rm|mount|chown|apt(?:-get)?|npm|kill|git)\b|(?:^|[\s'"=(<>])(?:\.\.(?:\/|\s|$)|\/(?!dev\/null\b)\w)/m

/** Whether commands do nothing outside of the folder that they are run in, as far as can be seen. */
export const staysInFolder = ({ code }: CodeBlock): boolean => !LASTING.test(code)

/** Whether a block of commands, or of what they print, takes part in its page's session. */
export const isRun = (block: CodeBlock): boolean => {
  const blocks = codeBlocksIn(block.page)
  const before = blocks[blocks.findIndex(({ line }) => line === block.line) - 1]
  return block.language === 'text' ? isShell(before) : isShell(block) && staysInFolder(block)
}

/** Whether a page has commands that can be run. */
export const hasSession = (page: string): boolean => codeBlocksIn(page).some(isShell)

/** A command that does not end by itself. */
interface Serving {
  readonly port: string
  end(): Promise<void>
}

const environment = (home: string): NodeJS.ProcessEnv => ({
  ...process.env,
  HOME: home,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
  QUIRE_PORT: '0',
  TOKEN: 'of-your-application',
  QUIRE_DATA_DIR: undefined,
})

/*
 * Commands as they are here: `npx` runs what is installed, as it does, and without a second of npm before it;
 * for `curl` what HTTP refuses has failed, but where the status is what is shown.
 */
const COMMANDS = `
npx() { "./node_modules/.bin/$1" "\${@:2}"; }
curl() {
  case "$*" in
    *http_code*) command curl "$@" ;;
    *) command curl --fail-with-body "$@" ;;
  esac
}
`

type Child = ChildProcessByStdio<null, Readable, Readable>

const shell = (home: string, code: string): Child =>
  spawn('bash', ['-euo', 'pipefail', '-c', `${COMMANDS}${code}`], {
    cwd: home,
    env: environment(home),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, which ends as one
  })

const endGroup = async (child: Child, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  process.kill(-child.pid, signal)
  await closed
}

const run = async (home: string, code: string): Promise<string> => {
  const child = shell(home, code)
  const late = setTimeout(() => void endGroup(child, 'SIGKILL'), BLOCK_MS)
  const [out, errors] = [text(child.stdout), text(child.stderr)]
  await once(child, 'close')
  clearTimeout(late)
  if (child.exitCode === 0) return out
  throw new Error(`ended with ${child.exitCode ?? child.signalCode}:\n${await out}${await errors}`)
}

const serve = async (home: string, code: string): Promise<Serving> => {
  const child = shell(home, code)
  let said = ''
  const port = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString()
      const [, found] = /listening on https?:\/\/\S+:(\d+)\s/.exec(said) ?? []
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('close', () => reject(new Error(`does not listen:\n${said}`)))
  })
  return { port, end: () => endGroup(child, 'SIGTERM') }
}

/** Text in which no sign has a meaning in a pattern. */
export const escaped = (text: string): string =>
  text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)

/** A pattern of what a `text` block shows. */
const patternOf = (shown: string): RegExp =>
  new RegExp(`^${escaped(shown.trimEnd()).replaceAll('…', '.*')}\\s*$`)

/** What is there between two blocks. */
interface Desk {
  readonly home: string
  readonly server: Serving
  readonly ownPort: string
  /** What the commands of the block before have printed, null if it had none. */
  readonly printed: string | null
}

const doBlock = async (desk: Desk, block: CodeBlock): Promise<Desk> => {
  const code = block.code
    .replaceAll(SERVER_PORT, isServer(block) ? '0' : desk.server.port)
    .replaceAll(OWN_PORT, desk.ownPort)
  if (block.file !== '') writeFileSync(join(desk.home, block.file), code)
  else if (block.language === 'text') {
    if (desk.printed === null || !patternOf(code).test(desk.printed))
      throw new Error(`shown is\n${code}\nprinted was\n${desk.printed ?? 'nothing'}`)
  } else if (block.language === 'sh') {
    if (!staysInFolder(block)) throw new Error('would change the machine: it is not run')
    const commands = code.replaceAll(SERVER_NAME, `http://127.0.0.1:${desk.server.port}`)
    if (!isServer(block)) return { ...desk, printed: await run(desk.home, commands) }
    await desk.server.end()
    return { ...desk, printed: null, server: await serve(desk.home, code) }
  }
  return { ...desk, printed: null }
}

/**
 * Does all of a page, with a server that listens on `port`. Resolves with the number of blocks; rejects with the
 * one that does not do what it shows.
 */
export const doPage = async (page: string, port: string): Promise<number> => {
  const home = mkdtempSync(join(tmpdir(), 'quire-docs-'))
  symlinkSync(join(ROOT, 'node_modules'), join(home, 'node_modules'))
  const server = { port, end: () => Promise.resolve() }
  let desk: Desk = { home, server, ownPort: String(await freePort()), printed: null }
  try {
    const blocks = codeBlocksIn(page).filter((block) => exceptionOf(block) === undefined)
    for (const block of blocks)
      desk = await doBlock(desk, block).catch((error: unknown) => {
        throw new Error(`${page}:${block.line}`, { cause: error })
      })
    return blocks.length
  } finally {
    await desk.server.end()
    rmSync(home, { recursive: true, force: true })
  }
}
