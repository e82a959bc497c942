/* What is published of the client package: built as it is published, looked at as its users would. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type InlineConfig } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../web/provider', import.meta.url))
/** Of all that is not Yjs, gzipped, bytes. */
const SIZE_BYTES = 20_000

let outDir = ''
beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'quire-provider-'))
})
afterAll(() => rm(outDir, { recursive: true, force: true }))

const bundle = async (options: InlineConfig): Promise<string> => {
  await build({ root, logLevel: 'silent', ...options, build: { ...options.build, outDir } })
  return readFile(join(outDir, 'index.js'), 'utf8')
}

const importsOf = (code: string): readonly string[] =>
  [...code.matchAll(/(?:from|import)\s*["'`]([^"'`]+)["'`]/g)].map(([, from = '']) => from)

it('imports Yjs and what Yjs itself stands on, and nothing that is private to this repository', async () => {
  const code = await bundle({ configFile: join(root, 'vite.config.ts') })
  const imports = importsOf(code)
  expect(imports.length).toBeGreaterThan(2)
  expect(imports.filter((from) => !/^(yjs$|lib0\/|y-protocols\/)/.test(from))).toEqual([])
})

it(`is under ${SIZE_BYTES} bytes gzipped with all that it needs but Yjs`, async () => {
  const code = await bundle({
    configFile: false,
    resolve: { conditions: ['quire-source', 'module', 'browser', 'production'] },
    build: {
      minify: true,
      lib: { entry: 'src/index.ts', formats: ['es'], fileName: 'index' },
      rolldownOptions: { external: ['yjs'] },
    },
  })
  expect(importsOf(code).filter((from) => from !== 'yjs')).toEqual([])
  const { length } = gzipSync(code)
  process.stdout.write(`@quire/provider: ${code.length} bytes, ${length} gzipped\n`)
  expect(length).toBeLessThan(SIZE_BYTES)
})

it('publishes types that name nothing private', async () => {
  const { files } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    files: readonly string[]
  }
  const types = files.filter((file) => file.endsWith('.d.ts'))
  expect(types.length).toBeGreaterThan(1)
  for (const file of types) {
    const source = await readFile(
      join(root, 'src', file.replace(/^.*\/(.*)\.d\.ts$/, '$1.ts')),
      'utf8',
    )
    // of a function only its signature is published, and `connect` has a type for each part of it
    const imports = [...source.matchAll(/import type .* from '([^']+)'/g)].map(
      ([, from = '']) => from,
    )
    const published = new Set(types.map((one) => one.replace(/^.*\/(.*)\.d\.ts$/, './$1.ts')))
    expect(
      imports.filter((from) => !/^(yjs|y-protocols\/)/.test(from) && !published.has(from)),
    ).toEqual([])
  }
})
