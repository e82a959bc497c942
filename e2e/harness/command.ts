/*
 * How the built command is started where nothing reads its first line, which has what Node and the
 * allocator are to be told: `#!/usr/bin/env -S NAME=value node --flag`.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The built command. */
export const COMMAND = fileURLToPath(new URL('../../server/bin/quire.js', import.meta.url))

/** What a program's first line says: arguments of Node in front of it, and environment variables. */
export interface FirstLine {
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Reads the first line of a program for Node. */
export const readFirstLine = (program: string): FirstLine => {
  const words = program.slice(0, program.indexOf('\n')).split(' ')
  const node = words.indexOf('node')
  const env = words.slice(0, node).flatMap((word) => {
    const [name = '', value] = word.split('=', 2)
    return value === undefined ? [] : [[name, value] as const]
  })
  return { flags: words.slice(node + 1), env: Object.fromEntries(env) }
}

/** The first line of the built command. */
export const commandLine = (): FirstLine => readFirstLine(readFileSync(COMMAND, 'utf8'))
