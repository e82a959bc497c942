/*
 * The types of the client package as they are published: those that its entries reach, and of what is private to
 * this repository the files that they name, beside them.
 *
 *     dist-types/api.d.ts    import type { Update } from '@quire/shared'
 *     dist/types/api.d.ts    import type { Update } from './shared/bytes.js'
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { ROOT } from './run.ts'

const PACKAGE = join(ROOT, 'web/provider')
const SHARED = join(ROOT, 'shared/dist')
/** Where the published types of shared code stand, below those of the package. */
const SHARED_AT = 'shared/'

const named = /\b(import|export)( type)? \{([^}]*)\} from '@quire\/shared'/g
const relative = /\b(from|import\()\s*'(\.[^']*)\.ts'/g

/** Writes the types of these entries (`index.d.ts`) and of all that they reach into a folder, which is emptied. */
export const publishTypes = (entries: readonly string[], into: string): void => {
  rmSync(into, { recursive: true, force: true })
  const homes = homesOfShared()
  const files = [...entries]
  const seen = new Set<string>()
  for (const file of files) {
    if (seen.has(file)) continue
    seen.add(file)
    const toShared = file.startsWith(SHARED_AT) ? '.' : towards(file, SHARED_AT)
    const text = readFileSync(sourceOf(file), 'utf8')
      .replace(/\/\/# sourceMappingURL=.*\n?/, '')
      .replace(named, (_, keyword: string, type: string | undefined, names: string) =>
        importsOf(names, homes)
          .map(
            ([home, some]) => `${keyword}${type ?? ''} { ${some} } from '${toShared}/${home}.ts'`,
          )
          .join(';\n'),
      )
    for (const [, , path] of text.matchAll(relative))
      files.push(posix.join(posix.dirname(file), `${path ?? ''}.d.ts`))
    mkdirSync(dirname(join(into, file)), { recursive: true })
    writeFileSync(
      join(into, file),
      text.replace(relative, (_, how: string, path: string) => `${how} '${path}.js'`),
    )
  }
}

/** The entries that the package's own exports name. */
export const publishedEntries = (): readonly string[] => {
  const { exports } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
    exports: Readonly<Record<string, { readonly types?: string }>>
  }
  return Object.values(exports).flatMap(({ types }) =>
    types === undefined ? [] : [types.replace(/^\.\/dist\/types\//, '')],
  )
}

const sourceOf = (file: string): string => {
  const paths = file.startsWith(SHARED_AT)
    ? [join(SHARED, file.slice(SHARED_AT.length))]
    : [join(PACKAGE, 'dist-types', file), join(PACKAGE, 'dist-types/node', file)]
  const path = paths.find((one) => existsSync(one))
  if (path === undefined) throw new Error(`${paths.join(', ')}: not there, run tsc -b first`)
  return path
}

const towards = (file: string, folder: string): string => {
  const path = posix.relative(posix.dirname(file), folder)
  return path.startsWith('.') ? path : `./${path}`
}

/** The file that each name of the shared package is declared in. */
const homesOfShared = (): ReadonlyMap<string, string> => {
  const index = readFileSync(join(SHARED, 'index.d.ts'), 'utf8')
  const homes = new Map<string, string>()
  for (const [, names = '', home = ''] of index.matchAll(/\{([^}]*)\} from '\.\/(.*)\.ts'/g))
    for (const name of listOf(names)) homes.set(name, home)
  return homes
}

const importsOf = (
  names: string,
  homes: ReadonlyMap<string, string>,
): readonly (readonly [string, string])[] => {
  const byHome = new Map<string, string[]>()
  for (const name of listOf(names)) {
    const home = homes.get(name.replace(/^type /, ''))
    if (home === undefined) throw new Error(`the shared package exports no ${name}`)
    byHome.set(home, [...(byHome.get(home) ?? []), name])
  }
  return [...byHome].map(([home, some]) => [home, some.join(', ')])
}

const listOf = (names: string): readonly string[] =>
  names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
