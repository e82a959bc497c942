/*
 * The packages as they are published: what their entries reach and no more, and a manifest without what only this
 * repository reads.
 *
 *     server/dist/index.js ──imports──▶ … ──▶ packages/server/dist/…
 *     server/package.json  ──without devDependencies, `quire-source` and what is for tests──▶ packages/server/package.json
 */
import { execFile } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './run.ts'

/** A package of this repository that is published. */
interface Published {
  readonly name: string
  readonly folder: string
  /** Files of `dist` that are entries without being exported: commands, and what threads are started with. */
  readonly entries: readonly string[]
  /** A page that it serves: the folder of its build, and what that is called in the package. */
  readonly page?: { readonly from: string; readonly as: string }
}

/** What is published, each after what it needs. */
export const PUBLISHED: readonly Published[] = [
  { name: '@quire/shared', folder: 'shared', entries: [] },
  {
    name: '@quire/server',
    folder: 'server',
    entries: ['dist/main.js', 'dist/**/worker.js'],
    page: { from: 'web/operations/dist', as: 'operations' },
  },
  { name: '@quire/provider', folder: 'web/provider', entries: [] },
]

/** The part of a manifest that is read here. */
interface Manifest {
  readonly name: string
  readonly version: string
  readonly bin?: Readonly<Record<string, string>>
  readonly files: readonly string[]
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Conditions that only this repository knows. */
const PRIVATE_CONDITION = 'quire-source'

/** What of a manifest means nothing to whoever installs the package. */
const PRIVATE_KEYS = ['devDependencies', 'scripts', 'private'] as const

/** Makes a file of each package in a folder, which is made where it is missing; they are given in the same order. */
export const packPackages = async (into: string): Promise<readonly string[]> => {
  const files: string[] = []
  for (const published of PUBLISHED) {
    const home = join(into, published.folder.replace('/', '-'))
    const { name, version } = stage(published, home)
    await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', into], {
      cwd: home,
      shell: process.platform === 'win32', // npm is a .cmd file there
    })
    files.push(join(into, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`))
  }
  return files
}

/** Writes a package as it is published into a folder, which is emptied. */
const stage = ({ folder, entries, page }: Published, home: string): Manifest => {
  const from = join(ROOT, folder)
  rmSync(home, { recursive: true, force: true })
  const manifest = publishedManifest(join(from, 'package.json'))
  const exported = Object.values(manifest.exports).flatMap((conditions) =>
    Object.values(conditions).map((path) => posix.normalize(path)),
  )
  const started = entries.flatMap((pattern) => globSync(pattern, { cwd: from }))
  for (const [file, text] of reachedFrom(from, [...exported, ...started])) write(home, file, text)
  const pages = manifest.files.filter((file) => file.endsWith('.md'))
  for (const file of ['README.md', ...pages, ...globSync('{bin/*,deploy/*/*}', { cwd: from })])
    copy(from, home, file)
  copy(ROOT, home, 'LICENSE')
  if (page !== undefined) copyPage(page, home)
  write(home, 'package.json', `${JSON.stringify(manifest, null, 2)}\n`)
  return manifest
}

/** A manifest without what is private to this repository, and the exports that have nothing else. */
const publishedManifest = (path: string): Manifest => {
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest // checked by npm
  const isPrivate = new Set<string>(PRIVATE_KEYS)
  const exports = Object.entries(manifest.exports).flatMap(([entry, conditions]) => {
    const known = Object.entries(conditions).filter(([name]) => name !== PRIVATE_CONDITION)
    const isForTests = entry === './testing'
    return isForTests ? [] : [[entry, Object.fromEntries(known)] as const]
  })
  return {
    ...(Object.fromEntries(
      Object.entries(manifest).filter(([key]) => !isPrivate.has(key)),
    ) as unknown as Manifest), // what was left out is not read here
    exports: Object.fromEntries(exports),
  }
}

const IMPORT = /(from|import\(|import)(\s*)(['"])(\.[^'"]*)\3/g

/** The files that these reach by imports, with them, as they are published. */
const reachedFrom = (from: string, entries: readonly string[]): ReadonlyMap<string, string> => {
  const reached = new Map<string, string>()
  const waiting = [...entries]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue
    const path = join(from, file)
    if (!existsSync(path)) throw new Error(`${path} is missing: npm run build makes it`)
    const isTypes = file.endsWith('.d.ts')
    const text = readFileSync(path, 'utf8')
      .replace(/\n?\/\/# sourceMappingURL=.*\n?$/, '\n') // sources are not published
      .replace(
        IMPORT,
        (_, how: string, space: string, quote: string, to: string) =>
          `${how}${space}${quote}${to.replace(/\.ts$/, '.js')}${quote}`,
      )
    reached.set(file, text)
    for (const [, , , , to = ''] of text.matchAll(IMPORT)) {
      const target = posix.join(posix.dirname(file), to)
      waiting.push(isTypes ? target.replace(/\.js$/, '.d.ts') : target)
    }
  }
  return reached
}

const write = (home: string, file: string, text: string): void => {
  mkdirSync(dirname(join(home, file)), { recursive: true })
  writeFileSync(join(home, file), text)
}

const copyPage = (
  { from, as }: { readonly from: string; readonly as: string },
  home: string,
): void => {
  const built = join(ROOT, from)
  if (!existsSync(join(built, 'index.html')))
    throw new Error(`${built} is missing: npm run build makes it`)
  cpSync(built, join(home, as), { recursive: true })
}

const copy = (from: string, home: string, file: string): void => {
  mkdirSync(dirname(join(home, file)), { recursive: true })
  copyFileSync(join(from, file), join(home, file)) // keeps the mode: commands can be run
}
