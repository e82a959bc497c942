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

type Signal = 'SIGTERM' | 'SIGKILL'

/** A server that runs. */
export interface Running {
  readonly kind: ServerKind
  readonly port: number
  readonly pid: number
  /** How it ended without being told to, with the last that it printed; null if it did not. Sure after its end. */
  readonly death: string | null
  /** Bytes in its data directory. */
  diskBytes(): Promise<number>
  /** Sends a signal and waits for the end. */
  end(signal: Signal): Promise<void>
  /** Starts it again, on the same port and data. */
  restart(): Promise<void>
  /** Ends it and removes its data, for good. */
  remove(): Promise<void>
}

const START_MS = 30_000
const LAST_CHARACTERS = 4_000

/** None outlives this process. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** One process of a server, from its start to its end. */
interface Life {
  readonly process: ChildProcess
  readonly printed: Output
  /** What it was told to end with; null while it was told nothing. */
  told: Signal | null
  /** Resolves when it has ended and all that it printed was read. */
  readonly ended: Promise<void>
}

/** A command that runs the server's command line, which is put behind it. It must `exec`. */
export type Launcher = readonly string[]

/** Starts a server; resolves when it listens. */
export const startKind = async (kind: ServerKind, launcher: Launcher = []): Promise<Running> => {
  const dataDir = await mkdtemp(join(tmpdir(), `quire-bench-${kind.name}-`))
  let life: Life | null = null
  let port = 0
  let death: string | null = null
  let isRemoved = false

  const live = (): Life => {
    const { args, env } = kind.command({ dataDir, port })
    const [program = process.execPath, ...rest] = [...launcher, process.execPath, ...args]
    const started: ChildProcess = spawn(program, rest, {
      env: { ...process.env, NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const printed = outputOf(started)
    const ended = Promise.withResolvers<void>()
    const lived: Life = { process: started, printed, told: null, ended: ended.promise }
    children.add(started)
    started.once('close', (code, signal) => {
      children.delete(started)
      // one that ended before it was told is told all the same: what it ended with says which it was
      if (!isAsTold(lived.told, { code, signal }))
        death = `${kind.label} ended with ${code ?? signal}: ${printed.last()}`
      ended.resolve()
    })
    return lived
  }
  const start = async (): Promise<void> => {
    // a scenario that was given up may still be on its way here
    if (isRemoved) throw new Error(`${kind.label} was removed`)
    life = live()
    port = await listeningPort(kind, life)
  }
  const end = async (signal: Signal): Promise<void> => {
    if (life === null) return
    const hasEnded = life.process.exitCode !== null || life.process.signalCode !== null
    if (!hasEnded) {
      life.told = signal
      life.process.kill(signal)
    }
    await life.ended
  }
  const remove = async (): Promise<void> => {
    isRemoved = true
    await end('SIGKILL')
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await remove()
    throw error
  }
  return {
    kind,
    get port() {
      return port
    },
    get pid() {
      return life?.process.pid ?? -1
    },
    get death() {
      return death
    },
    diskBytes: () => bytesIn(dataDir),
    end,
    restart: start,
    remove,
  }
}

/** True if a server ended as it does when it is told to. */
const isAsTold = (
  told: Signal | null,
  { code, signal }: { readonly code: number | null; readonly signal: NodeJS.Signals | null },
): boolean => told !== null && (signal === told || (told === 'SIGTERM' && code === 0))

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

const listeningPort = (kind: ServerKind, { process: child, printed }: Life): Promise<number> =>
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
