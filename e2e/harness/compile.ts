/* Code that stands in texts, compiled as a program of the workspace. */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../scripts/run.ts'

/** A file to be: its name, with the ending of its language, and what it holds. */
export interface Source {
  readonly file: string
  readonly code: string
}

/**
 * Writes files into a folder below the workspace, each a module of its own, and compiles them
 * against the built types, as who installs the packages has them. JavaScript is checked as far as
 * nothing has to say its type. Resolves with what the compiler says, '' if all is well.
 */
export const compile = async (home: string, sources: readonly Source[]): Promise<string> => {
  mkdirSync(home, { recursive: true })
  for (const { file, code } of sources) writeFileSync(join(home, file), `${code}\nexport {}\n`)
  const isStrict = sources.every(({ file }) => /\.tsx?$/.test(file))
  const config = {
    extends: relative(home, join(ROOT, 'tsconfig.base.json')),
    compilerOptions: {
      noEmit: true,
      composite: false,
      allowJs: true,
      checkJs: true,
      noImplicitAny: isStrict,
      strictNullChecks: isStrict,
      exactOptionalPropertyTypes: isStrict,
      customConditions: [],
      types: ['node'],
      lib: ['es2024', 'dom', 'dom.iterable'],
      jsx: 'react-jsx',
    },
    include: ['*'],
  }
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify(config))
  const compiler = join(ROOT, 'node_modules/.bin/tsc')
  const { stdout } = await promisify(execFile)(compiler, ['-p', home]).catch(
    (error: { stdout: string }) => error,
  )
  // TS2810 wants a type for `new Promise` that JavaScript cannot say
  const isKnown = (line: string): boolean => !line.includes('error TS2810')
  return stdout.split('\n').filter(isKnown).join('\n')
}
