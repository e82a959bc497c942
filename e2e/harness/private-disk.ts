/*
 * A small disk that can be filled, freed and made read-only: a tmpfs in a mount namespace of its own,
 * so nothing is mounted on the machine and nothing stays behind. A shell holds the namespace; servers
 * enter it through `launcher`, tests reach it through /proc. Linux only; without root it needs
 * unprivileged user namespaces.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, rm, rmdir, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A disk of its own. */
export interface PrivateDisk {
  /** Where it is mounted for whoever entered it. */
  readonly path: string
  /** Command that runs another one with this disk mounted. */
  readonly launcher: readonly string[]
  /** Takes all free space. */
  fill(): Promise<void>
  /** Gives the space back. */
  free(): Promise<void>
  /** Makes it read-only, or writable again. Rejects while a file on it is open for writing. */
  remount(mode: 'ro' | 'rw'): Promise<void>
  /** Copies what is on it to a directory elsewhere, whose path it returns; the caller removes it. */
  copy(): Promise<string>
  /** Unmounts it, with all that runs on it ended before. */
  remove(): Promise<void>
}

/** How a disk is made. */
export interface DiskOptions {
  readonly megabytes: number
  readonly readOnly?: boolean
}

/** First large ones, then what still fits. */
const CHUNK_BYTES = [1024 * 1024, 4096]

/** Mounts a disk; rejects with what the system said where that is not possible. */
export const mountDisk = async (options: DiskOptions): Promise<PrivateDisk> => {
  const path = await mkdtemp(join(tmpdir(), 'quire-disk-'))
  const isRoot = process.getuid?.() === 0
  const mode = options.readOnly === true ? 'ro' : 'rw'
  const asOwner = isRoot ? [] : ['--user', '--map-root-user']
  const mounts = [
    `mount -t tmpfs -o ${mode},size=${options.megabytes}m,mode=700 quire-e2e ${path}`,
    'echo mounted',
    'exec cat', // until its input ends
  ]
  const holder = spawn('unshare', [...asOwner, '--mount', 'sh', '-ec', mounts.join('\n')])
  let said = ''
  let complaint = ''
  holder.stderr.on('data', (text: Buffer) => (complaint += text.toString()))
  await new Promise<void>((resolve, reject) => {
    holder.stdout.on('data', (text: Buffer) => {
      said += text.toString()
      if (said.includes('mounted')) resolve()
    })
    holder.once('error', (error) => reject(new Error(cannot(error.message), { cause: error })))
    holder.once('exit', () => reject(new Error(cannot(complaint))))
  })
  const { pid } = holder
  const ballast = `/proc/${pid}/root${path}/ballast`
  const launcher = [
    'nsenter',
    `--mount=/proc/${pid}/ns/mnt`,
    ...(isRoot ? [] : [`--user=/proc/${pid}/ns/user`, '--preserve-credentials']),
    '--',
  ] as const
  return {
    path,
    launcher,
    async remount(to) {
      const [program, ...rest] = [...launcher, 'mount', '-o', `remount,${to}`, path]
      await promisify(execFile)(program, rest)
    },
    async copy() {
      const target = await mkdtemp(join(tmpdir(), 'quire-disk-copy-'))
      const [program, ...rest] = [...launcher, 'cp', '-R', `${path}/.`, target] as const
      await promisify(execFile)(program, rest)
      return target
    },
    fill: () => fillWith(ballast),
    free: () => rm(ballast, { force: true }),
    async remove() {
      const exited = once(holder, 'exit')
      holder.stdin.end()
      await exited
      await rmdir(path)
    },
  }
}

const cannot = (why: string): string =>
  `cannot mount a disk for this test, which needs Linux, unshare, nsenter and either root or user namespaces: ${why.trim()}`

const fillWith = async (file: string): Promise<void> => {
  const handle = await open(file, 'a')
  try {
    for (const bytes of CHUNK_BYTES) await appendUntilFull(handle, Buffer.alloc(bytes, 1))
  } finally {
    await handle.close()
  }
}

const appendUntilFull = async (handle: FileHandle, chunk: Buffer): Promise<void> => {
  try {
    for (;;) await handle.appendFile(chunk)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}
