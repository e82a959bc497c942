/* DEPLOYING.md is true: its commands do what it says, as far as they need no Docker and no root, and what it names is there. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { optionRows, readConfig } from '@quire/server'
import { afterEach, expect, test } from 'vitest'
import { startServer } from '../harness/server-process.ts'
import { openClient } from '../harness/stock-client.ts'
import { until } from '../harness/until.ts'
import { ROOT } from '../scripts/run.ts'

const PAGE = readFileSync(join(ROOT, 'server/DEPLOYING.md'), 'utf8')

const blocksOf = (language: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, code = '']) => code,
  )

/** The lines of all blocks for a shell. */
const lines = blocksOf('sh').flatMap((block) => block.trim().split('\n'))

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'quire-deploying-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Runs a program beside the server's sources, which it may import, in a folder. */
const runInServer = (cwd: string, program: string): void => {
  const file = join(ROOT, 'server', `.deploying-${process.pid}.mjs`)
  cleanups.push(() => rmSync(file, { force: true }))
  writeFileSync(file, program)
  execFileSync(process.execPath, ['--conditions=quire-source', file], { cwd })
}

const variablesIn = (file: string): Record<string, string> =>
  Object.fromEntries(
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => /^([^=]+)=(.*)$/.exec(line)?.slice(1) ?? []),
  )

/** The program that the container starts. */
const entryPointOf = (dockerfile: string): string =>
  /^ENTRYPOINT \["([^"]+)"\]$/m.exec(dockerfile)?.[1] ?? 'none'

test('every option that it names is one, and every file that it links to is there', () => {
  const known = new Set<string>(optionRows.map(({ env }) => env))
  const named = [...PAGE.matchAll(/QUIRE_[A-Z_]+/g)].map(([name]) => name)
  const strange = named.filter((name) => !known.has(name) && name !== 'QUIRE_SITE') // Caddy's own
  expect(strange).toEqual([])
  const links = [...PAGE.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link = '']) => link)
  expect(links.length).toBeGreaterThan(5)
  expect(links.filter((link) => !existsSync(join(ROOT, 'server', link)))).toEqual([])
})

test('the environment that it has made for a container and for systemd starts a server', () => {
  const making = lines.filter((line) => line.includes('openssl'))
  expect(making).toHaveLength(2)
  for (const line of making) {
    const dir = folder()
    execFileSync('sh', ['-c', line.replace('/etc/quire/', '')], { cwd: dir })
    const file = join(dir, 'quire.env')
    const config = readConfig({}, { QUIRE_AUTH: 'jwt', ...variablesIn(file) })
    expect(config).toMatchObject({ ok: true, value: { auth: 'jwt' } })
  }
  const [proxied = ''] = blocksOf('ini')
  const file = join(folder(), 'quire.env')
  writeFileSync(file, proxied)
  expect(readConfig({}, variablesIn(file))).toMatchObject({
    ok: true,
    value: {
      trustedProxies: ['127.0.0.1'],
      allowedOrigins: ['https://docs.example.org'],
    },
  })
})

test('what it has Docker and systemd do fits the files that they read', () => {
  const docker = lines.filter((line) => /^(\S+=\S+ )?docker /.test(line))
  expect(docker).toHaveLength(5)
  const compose = readFileSync(join(ROOT, 'compose.yaml'), 'utf8')
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
  expect(docker.join('\n')).toContain('--profile caddy')
  expect(compose).toMatch(/profiles:\n\s+- caddy/)
  expect(docker.join('\n')).toContain('--volume quire:/data')
  expect(dockerfile).toContain('VOLUME /data')
  expect(docker.join('\n')).toContain(` ${entryPointOf(dockerfile)} token `)
  expect(dockerfile).toContain(/node (\S+\/health\.js)/.exec(PAGE)?.[1])
  const [, unit = ''] = /install -m 644 (\S+) /.exec(lines.join('\n')) ?? []
  expect(existsSync(join(ROOT, unit))).toBe(true)
})

test('the way back leaves the older database with what it held, and the newer one beside it', async () => {
  const [, rollback = ''] =
    /(cd \/var\/lib\/quire[\s\S]*?)$/.exec(blocksOf('sh').at(-1) ?? '') ?? []
  const dataDir = folder()
  const older = await startServer({ dataDir })
  cleanups.push(older.remove)
  const writer = openClient(older, 'notes')
  cleanups.push(writer.close)
  await writer.synced()
  writer.text.insert(0, 'before the upgrade')
  await until('it is saved', () => writer.wire.acknowledged.length > 0)
  writer.close()
  expect(await older.end('SIGTERM')).toBe(0)
  // what the next version would have made of it: a copy, and then a database that this one does not know
  const copy = /quire-before-schema-\d+\.db/.exec(rollback)?.[0] ?? ''
  const next = `
    import Database from 'better-sqlite3'
    const db = new Database('quire.db')
    db.prepare('VACUUM INTO ?').run('${copy}')
    db.pragma('user_version = 1000')`
  runInServer(dataDir, next)
  writeFileSync(join(dataDir, 'quire.db-wal'), '')
  await expect(older.restart()).rejects.toThrow('has schema version 1000')

  execFileSync('sh', ['-ec', rollback.replace('/var/lib/quire', dataDir)])
  expect(readdirSync(join(dataDir, 'newer'))).toContain('quire.db')
  await older.restart()
  const reader = openClient(older, 'notes')
  cleanups.push(reader.close)
  await reader.synced()
  expect(reader.text.toJSON()).toBe('before the upgrade')
})

test('an upgrade copies the database first, and logs what it shows', async () => {
  const dataDir = folder()
  runInServer(
    dataDir,
    `
    import Database from 'better-sqlite3'
    import { migrate, migrations } from './src/storage/sqlite/schema.ts'
    migrate(new Database('quire.db'), 'quire.db', migrations.slice(0, -1))`,
  )
  const server = await startServer({ dataDir })
  cleanups.push(server.remove)
  const logged = server
    .log()
    .split('\n')
    .filter((line) => /"kind":"migrat/.test(line))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const shown = blocksOf('json')[0]?.trim().split('\n') ?? []
  expect(logged).toHaveLength(shown.length)
  for (const [i, line] of shown.entries()) {
    const { kind, ...fields } = JSON.parse(line) as Record<string, unknown>
    expect(logged[i]?.['kind']).toBe(kind)
    expect(Object.keys(logged[i] ?? {})).toEqual(expect.arrayContaining(Object.keys(fields)))
  }
  const copies = readdirSync(dataDir).filter((name) => name.startsWith('quire-before'))
  expect(copies.map((name) => join(dataDir, name))).toEqual([logged[1]?.['backup']])
})
