/*
 * A real server as its own process: the built command on a free port and a data directory of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMMAND, commandLine } from './command.ts'

/** How to start a server. */
export interface ServerOptions {
  /** Kept after `remove` unless it was made here. */
  readonly dataDir?: string
  /** `QUIRE_…` variables beside those that the harness sets. */
  readonly env?: Readonly<Record<string, string>>
  /** A command that runs the server's command line, which is put behind it. It must `exec`. */
  readonly launcher?: readonly string[]
  /** The command line that starts it, instead of the built command's own. */
  readonly command?: readonly string[]
}

/** A server process. The port stays the same over restarts. */
export interface ServerProcess {
  readonly dataDir: string
  readonly port: number
  readonly url: string
  /** Base for y-websocket clients. */
  readonly yjsUrl: string
  readonly pid: number
  /** Everything written to standard error so far, over all starts. */
  log(): string
  /** Sends a signal and waits for the end; resolves with the exit code, null after a kill. */
  end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | null>
  /** Starts it again on the same port and data. */
  restart(): Promise<void>
  /** Kills what runs and removes the data. */
  remove(): Promise<void>
}

/** Starts a server and waits until it listens; rejects with its log if it does not. */
export const startServer = async (options: ServerOptions = {}): Promise<ServerProcess> => {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'quire-e2e-')))
  let log = ''
  let child: ChildProcess | null = null
  let port = 0

  const start = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const launcher = options.launcher ?? []
      const { flags, env } = commandLine()
      const command = options.command ?? [process.execPath, ...flags, COMMAND, 'serve']
      const [program = process.execPath, ...rest] = [...launcher, ...command]
      const started = spawn(program, rest, {
        env: {
          ...process.env,
          ...env,
          ...options.env,
          QUIRE_DATA_DIR: dataDir,
          QUIRE_PORT: String(port),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      child = started
      let out = ''
      started.stderr.on('data', (text: Buffer) => (log += text.toString()))
      started.stdout.on('data', (text: Buffer) => {
        out += text.toString()
        const listening = /listening on http:\/\/\S+:(\d+)\s/.exec(out)
        if (listening === null) return
        port = Number(listening[1])
        resolve()
      })
      started.once('exit', (code) => reject(new Error(`server ended with ${code}:\n${log}`)))
    })

  const end: ServerProcess['end'] = (signal) =>
    new Promise((resolve) => {
      const running = child
      if (running === null || running.exitCode !== null || running.signalCode !== null)
        return resolve(running?.exitCode ?? null)
      running.once('exit', (code) => resolve(code))
      running.kill(signal)
    })

  await start()
  return {
    dataDir,
    get port() {
      return port
    },
    get url() {
      return `http://127.0.0.1:${port}`
    },
    get yjsUrl() {
      return `ws://127.0.0.1:${port}/yjs`
    },
    get pid() {
      return child?.pid ?? -1
    },
    log: () => log,
    end,
    restart: start,
    async remove() {
      await end('SIGKILL')
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}
