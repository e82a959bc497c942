/*
 * A server under test: a program of its own, on a free port and with a data directory of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dialect } from '../load/dialects.ts'

/** Who is compared. */
export type ServerName = 'quire' | 'hocuspocus' | 'y-websocket' | 'relay'

/** What a server is, and how it is started. */
export interface ServerKind {
  readonly name: ServerName
  /** With its version. */
  readonly label: string
  readonly dialect: Dialect
  /** False if it only passes on what it hears: nobody who joins is answered. */
  readonly answers: boolean
  /** How an author learns that the server has an update: it comes back, or a status says so. */
  readonly acknowledges: 'echo' | 'status' | 'never'
  /** Its command line. Must print `listening on PORT`. */
  command(at: { readonly dataDir: string; readonly port: number }): {
    readonly args: readonly string[]
    readonly env: Readonly<Record<string, string>>
  }
}

/** A server that runs. */
export interface Running {
  readonly kind: ServerKind
  readonly port: number
  readonly pid: number
  /** How it ended without being told to, with the last that it printed; null if it did not. */
  readonly death: string | null
  /** Bytes in its data directory. */
  diskBytes(): Promise<number>
  /** Sends a signal and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts it again, on the same port and data. */
  restart(): Promise<void>
  /** Ends it and removes its data. */
  remove(): Promise<void>
}

const START_MS = 30_000
const LAST_CHARACTERS = 4_000

/** None outlives this process. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** Starts a server; resolves when it listens. */
export const startKind = async (kind: ServerKind): Promise<Running> => {
  const dataDir = await mkdtemp(join(tmpdir(), `quire-bench-${kind.name}-`))
  let child: ChildProcess | null = null
  let port = 0
  let isTold = false
  let death: string | null = null

  const start = async (): Promise<void> => {
    const { args, env } = kind.command({ dataDir, port })
    const started = spawn(process.execPath, args, {
      env: { ...process.env, NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = started
    const printed = outputOf(started)
    isTold = false
    children.add(started)
    started.once('exit', (code, signal) => {
      children.delete(started)
      if (!isTold) death = `${kind.label} ended with ${code ?? signal}: ${printed.last()}`
    })
    port = await listeningPort(kind, started, printed)
  }
  const end = (signal: NodeJS.Signals): Promise<void> =>
    new Promise((resolve) => {
      const running = child
      if (running === null || running.exitCode !== null || running.signalCode !== null)
        return resolve()
      isTold = true
      running.once('exit', () => resolve())
      running.kill(signal)
    })
  await start()
  return {
    kind,
    get port() {
      return port
    },
    get pid() {
      return child?.pid ?? -1
    },
    get death() {
      return death
    },
    diskBytes: () => bytesIn(dataDir),
    end,
    restart: start,
    async remove() {
      await end('SIGKILL')
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** What a server prints. */
interface Output {
  /** The end of it. */
  last(): string
  onMore(look: () => void): void
}

const outputOf = (child: ChildProcess): Output => {
  let text = ''
  let look: () => void = () => {}
  const read = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-LAST_CHARACTERS)
    look()
  }
  child.stdout?.on('data', read)
  child.stderr?.on('data', read)
  return { last: () => text.trim(), onMore: (told) => (look = told) }
}

const listeningPort = (kind: ServerKind, child: ChildProcess, printed: Output): Promise<number> =>
  new Promise((resolve, reject) => {
    const failed = (why: string): void => {
      clearTimeout(timer)
      reject(new Error(`${kind.label} ${why}:\n${printed.last()}`))
    }
    const timer = setTimeout(() => failed(`does not listen after ${START_MS} ms`), START_MS)
    printed.onMore(() => {
      const listening = /listening on (?:http:\/\/\S+:)?(\d+)/.exec(printed.last())
      if (listening === null) return
      clearTimeout(timer)
      resolve(Number(listening[1]))
    })
    child.once('error', (error) => failed(`cannot be started: ${error.message}`))
    child.once('exit', (code) => failed(`ended with ${code}`))
  })

const bytesIn = async (directory: string): Promise<number> => {
  let bytes = 0
  for (const entry of await readdir(directory)) bytes += (await stat(join(directory, entry))).size
  return bytes
}
