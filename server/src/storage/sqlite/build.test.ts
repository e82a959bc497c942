import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { startChild } from './testing/child.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

vi.setConfig({ testTimeout: 60_000 }) // a compiler and a process with threads

const repository = fileURLToPath(new URL('../../../..', import.meta.url))

/** Compiles the storage into JavaScript as the release does; returns the path of its program. */
const compile = (out: string): string => {
  const storage = join(repository, 'server/src/storage/sqlite')
  const config = {
    extends: join(repository, 'tsconfig.base.json'),
    compilerOptions: {
      rootDir: repository,
      outDir: out,
      composite: false,
      declaration: false,
      declarationMap: false,
      sourceMap: false,
      types: ['node'],
      typeRoots: [join(repository, 'node_modules/@types')],
    },
    files: [join(storage, 'testing/append-process.ts'), join(storage, 'worker.ts')],
    // Reached through node_modules alone, the shared sources would be read but not emitted.
    include: [join(repository, 'shared/src')],
    exclude: ['**/*.test.ts', '**/testing'],
  }
  writeFileSync(join(out, 'tsconfig.json'), JSON.stringify(config))
  execFileSync(process.execPath, [join(repository, 'node_modules/typescript/bin/tsc'), '-p', out])
  writeFileSync(join(out, 'package.json'), JSON.stringify({ type: 'module' }))
  const shared = { name: '@quire/shared', type: 'module', exports: './src/index.js' }
  writeFileSync(join(out, 'shared/package.json'), JSON.stringify(shared))
  mkdirSync(join(out, 'node_modules/@quire'), { recursive: true })
  symlinkSync(join(out, 'shared'), join(out, 'node_modules/@quire/shared'))
  const installed = join(repository, 'node_modules')
  for (const name of readdirSync(installed).filter((name) => !/^[.@]/.test(name)))
    symlinkSync(join(installed, name), join(out, 'node_modules', name))
  return join(out, 'server/src/storage/sqlite/testing/append-process.js')
}

const expectFirstAck = async (program?: string): Promise<void> => {
  const child = startChild([temporaryDir(), 'append'], program)
  expect(await child.line()).toEqual({ opened: child.process.pid })
  expect(await child.line()).toMatchObject({ doc: expect.any(Number), first: 1 })
  await child.kill()
}

test('the threads start from sources, by type stripping', () => expectFirstAck())

test('the threads start from the built JavaScript', () => expectFirstAck(compile(temporaryDir())))
