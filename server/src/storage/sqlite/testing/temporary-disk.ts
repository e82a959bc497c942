import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const mount = (path: string, options: string): void => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' })
}

const unmount = (path: string): void => {
  execFileSync('umount', ['--lazy', path])
  rmSync(path, { recursive: true })
}

const probe = (): boolean => {
  const path = mkdtempSync(join(tmpdir(), 'quire-mount-'))
  try {
    mount(path, 'size=4k')
  } catch {
    rmSync(path, { recursive: true })
    return false // no right to, or no mount(8): the answer to the question, not a failure
  }
  unmount(path)
  return true
}

/** True where this user may mount a file system: tests of real full disks need to. */
export const mayMount = probe()

/** Mounts an empty file system for the running test; `options` as in mount(8): 'size=8m'. */
export const temporaryDisk = (options: string): string => {
  const path = mkdtempSync(join(tmpdir(), 'quire-disk-'))
  mount(path, options)
  onTestFinished(() => unmount(path))
  return path
}
