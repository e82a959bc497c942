/*
 * nginx and Caddy from Debian's packages in front of a server, with the configurations that Quire ships: of those only
 * ports, paths and times are other ones.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram, PROXIES } from '../scripts/debian-packages.ts'
import { ROOT } from '../scripts/run.ts'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

/** Which proxy. */
export type ProxyKind = keyof typeof PROXIES

/** What stands behind a proxy, and how it is spoken to. */
export interface ProxyOptions {
  readonly quirePort: number
  /** Certificate and key for localhost, as PEM. */
  readonly certificate: { readonly cert: string; readonly key: string }
  /** Time after which it cuts lines on which nothing is said, seconds; Caddy has none. */
  readonly idleSeconds: number
}

/** A proxy that runs. */
export interface ReverseProxy {
  readonly port: number
  /** `https://localhost:…`. */
  readonly url: string
  /** For stock y-websocket clients. */
  readonly yjsUrl: string
  /** Reads its configuration anew, as an operator has it do. */
  reload(): Promise<void>
  /** Everything that it has logged. */
  log(): string
  remove(): Promise<void>
}

/** True where the proxy is installed. */
export const hasProxy = (kind: ProxyKind): boolean => findProgram(PROXIES[kind]) !== null

/** Starts a proxy and waits until it takes connections. */
export const startProxy = async (kind: ProxyKind, options: ProxyOptions): Promise<ReverseProxy> => {
  const program = findProgram(PROXIES[kind])
  if (program === null) throw new Error(`${kind} is not installed`)
  const home = mkdtempSync(join(tmpdir(), `quire-${kind}-`))
  writeFileSync(join(home, 'cert.pem'), options.certificate.cert)
  writeFileSync(join(home, 'key.pem'), options.certificate.key)
  const port = await freePort()
  const { args, reloadArgs, logs } =
    kind === 'nginx'
      ? await nginxSetting(home, port, options)
      : await caddySetting(home, port, options)
  const env = { ...process.env, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home }
  let said = ''
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (said += text.toString()))
  await until(`${kind} takes connections`, async () => {
    if (child.exitCode !== null) throw new Error(`${kind} ended with ${child.exitCode}:\n${said}`)
    return accepts(port)
  })
  return {
    port,
    url: `https://localhost:${port}`,
    yjsUrl: `wss://localhost:${port}/yjs`,
    async reload() {
      await promisify(execFile)(program, reloadArgs, { env })
    },
    log: () =>
      [
        said,
        ...logs.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8')),
      ].join(''),
    async remove() {
      await ended(child)
      rmSync(home, { recursive: true, force: true })
    },
  }
}

const accepts = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false // it does not listen yet
  } finally {
    socket.destroy()
  }
}

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}

interface Setting {
  readonly args: readonly string[]
  readonly reloadArgs: readonly string[]
  readonly logs: readonly string[]
}

/** A shipped file with these in place of others, each of which has to stand in it. */
const shipped = (file: string, changes: readonly (readonly [string, string])[]): string => {
  const text = readFileSync(join(ROOT, 'server/deploy', file), 'utf8')
  return changes.reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`${file} has no ${from}`)
    return changed.replaceAll(from, to)
  }, text)
}

const hasIpv6 = (): boolean =>
  Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ family }) => family === 'IPv6'),
  )

const nginxSetting = async (
  home: string,
  port: number,
  { quirePort, idleSeconds }: ProxyOptions,
): Promise<Setting> => {
  const plainPort = await freePort()
  const logs = [join(home, 'access.log'), join(home, 'error.log')]
  const [access = '', errors = ''] = logs
  const site = shipped('nginx/quire.conf', [
    ['127.0.0.1:4400', `127.0.0.1:${quirePort}`],
    ['listen [::]:80;', hasIpv6() ? `listen [::]:${plainPort};` : ''],
    ['listen [::]:443 ssl http2;', hasIpv6() ? `listen [::]:${port} ssl http2;` : ''],
    ['listen 80;', `listen ${plainPort};`],
    ['listen 443 ssl http2;', `listen ${port} ssl http2;`],
    ['/etc/ssl/quire/fullchain.pem', join(home, 'cert.pem')],
    ['/etc/ssl/quire/privkey.pem', join(home, 'key.pem')],
    ['/var/log/nginx/quire.log', access],
    ['/var/log/nginx/quire-error.log', errors],
    ['proxy_read_timeout 60s', `proxy_read_timeout ${idleSeconds}s`],
    ['proxy_send_timeout 60s', `proxy_send_timeout ${idleSeconds}s`],
  ])
  writeFileSync(join(home, 'quire.conf'), site)
  const bodies = join(home, 'bodies')
  mkdirSync(bodies)
  const isRoot = process.getuid?.() === 0
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(bodies, name)};`)
    .join(' ')
  writeFileSync(
    join(home, 'nginx.conf'),
    `daemon off; ${isRoot ? 'user root;' : ''} pid ${join(home, 'nginx.pid')}; worker_processes 2;
     events { worker_connections 1024; }
     http { access_log off; ${temporary} include ${join(home, 'quire.conf')}; }`,
  )
  const args = ['-p', home, '-c', join(home, 'nginx.conf'), '-e', join(home, 'start.log')]
  return { args, reloadArgs: [...args, '-s', 'reload'], logs }
}

const caddySetting = async (
  home: string,
  port: number,
  { quirePort }: ProxyOptions,
): Promise<Setting> => {
  const admin = `localhost:${await freePort()}`
  const file = join(home, 'Caddyfile')
  const text = shipped('caddy/Caddyfile', [
    // of this machine and this test: nothing of the site
    [
      '{\n\t# Tokens',
      `{\n\tadmin ${admin}\n\tauto_https disable_redirects\n\tdefault_sni localhost\n\t# Tokens`,
    ],
    [
      '{$QUIRE_SITE:docs.example.org} {',
      `https://:${port} {\n\ttls ${join(home, 'cert.pem')} ${join(home, 'key.pem')}`,
    ],
    ['{$QUIRE_UPSTREAM:127.0.0.1:4400}', `127.0.0.1:${quirePort}`],
  ])
  writeFileSync(file, text)
  const config = ['--config', file, '--adapter', 'caddyfile']
  return {
    args: ['run', ...config],
    reloadArgs: ['reload', ...config, '--address', admin, '--force'],
    logs: [],
  }
}
