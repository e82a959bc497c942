import { existsSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Where Debian's is unpacked: installed, it would bring a server that starts. */
const UNPACKED = join(homedir(), '.cache', 'quire', 'prometheus')

/** The command to run by hand. */
export const PROMTOOL_COMMAND = 'sudo apt-get install -y prometheus'

/** Prometheus' own checker of figures and rules, null where there is none. */
export const findPromtool = (): string | null => {
  const paths = (process.env['PATH'] ?? '').split(delimiter)
  return (
    [...paths, join(UNPACKED, 'usr/bin')]
      .map((path) => join(path, 'promtool'))
      .find((file) => existsSync(file)) ?? null
  )
}

/** Finds it, or unpacks it of Debian's package; null where that cannot be had. */
export const providePromtool = async (): Promise<string | null> => {
  const found = findPromtool()
  if (found !== null || !existsSync('/usr/bin/apt-get')) return found
  try {
    await mkdir(UNPACKED, { recursive: true })
    const options = { cwd: UNPACKED, timeout: 60_000 }
    await promisify(execFile)('apt-get', ['download', '-q', 'prometheus'], options)
    const file = (await readdir(UNPACKED)).find((name) => name.endsWith('.deb')) ?? ''
    await promisify(execFile)('dpkg', ['-x', file, '.'], options)
  } catch {
    return null // no network, or no list of packages
  }
  return findPromtool()
}
