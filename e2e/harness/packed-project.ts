/* A program's own folder, with the packages installed as they are published and nothing else of this repository. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packPackages } from '../scripts/pack-packages.ts'

/** Time for a program that a project runs, milliseconds. */
const RUN_MS = 60_000

/** A folder with packages. */
export interface PackedProject {
  readonly home: string
  /** The files that the packages were packed into, in the order of `PUBLISHED`. */
  readonly files: readonly string[]
  /** Runs a program to its end, which has to be a good one; resolves with what it wrote. */
  run(command: string, args: readonly string[]): Promise<string>
  remove(): Promise<void>
}

/** Packs the packages and installs them, with these from the registry. */
export const packedProject = async (dependencies: readonly string[]): Promise<PackedProject> => {
  const home = await mkdtemp(join(tmpdir(), 'quire-packages-'))
  const files = await packPackages(join(home, 'packed'))
  await writeFile(join(home, 'package.json'), '{ "name": "blank", "type": "module" }\n')
  const run = async (command: string, args: readonly string[]): Promise<string> => {
    const ended = promisify(execFile)(command, args, { cwd: home, timeout: RUN_MS })
    const { stdout, stderr } = await ended.catch((error: { stdout: string; stderr: string }) => {
      throw new Error(`${command} ${args.join(' ')} failed:\n${error.stdout}${error.stderr}`)
    })
    return `${stdout}${stderr}`
  }
  const quiet = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']
  await run('npm', ['install', ...quiet, ...files, ...dependencies])
  return { home, files, run, remove: () => rm(home, { recursive: true, force: true }) }
}
