import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './run.ts'

/** A program that tests run, and the Debian package that has it. */
export interface DebianProgram {
  readonly program: string
  readonly debianPackage: string
}

/** The proxies that Quire ships configurations for. */
export const PROXIES = {
  nginx: { program: 'nginx', debianPackage: 'nginx-light' },
  caddy: { program: 'caddy', debianPackage: 'caddy' },
} as const satisfies Record<string, DebianProgram>

/** Where a program is, null where it is not installed; system programs stand on few users' paths. */
export const findProgram = ({ program }: DebianProgram): string | null =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path)) ?? null

/** Finds or installs programs; resolves with the command to run by hand where some are missing after that. */
export const providePrograms = async (
  programs: readonly DebianProgram[],
): Promise<{ missing: string } | null> => {
  const missing = () =>
    programs.filter((one) => findProgram(one) === null).map((one) => one.debianPackage)
  if (missing().length === 0) return null
  const isRoot = process.getuid?.() === 0
  if (isRoot && existsSync('/usr/bin/apt-get')) {
    await run('apt-get', ['update', '-q'])
    await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...missing()], {
      DEBIAN_FRONTEND: 'noninteractive',
    })
  }
  const left = missing()
  if (left.length === 0) return null
  return { missing: `${isRoot ? '' : 'sudo '}apt-get install -y ${left.join(' ')}` }
}
