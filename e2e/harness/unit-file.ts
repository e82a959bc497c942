/* The unit for systemd, as text, and what it says of how Quire is started. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../scripts/run.ts'

/** The unit. */
export const UNIT = readFileSync(join(ROOT, 'server/deploy/systemd/quire.service'), 'utf8')

/** Where the unit expects Quire. */
const HOME = '/opt/quire/'

/** A part of the unit, with where Quire is here. */
export const here = (text: string): string => text.replaceAll(HOME, ROOT)

/** All values of a key. */
export const valuesOf = (key: string): readonly string[] =>
  [...UNIT.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value)

/** The first value of a key; empty where it has none. */
export const valueOf = (key: string): string => valuesOf(key)[0] ?? ''

/** The command line that systemd starts Quire with, here. */
export const startLine = (): readonly string[] => here(valueOf('ExecStart')).split(' ')

/** The environment variables that it starts it with, without those of the operator's file. */
export const unitEnvironment = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    valuesOf('Environment').map((line) => {
      const [name = '', value = ''] = here(line).split('=', 2)
      return [name, value]
    }),
  )
