import { until } from '../../harness/until.ts'
import { openLine } from '../fuzz/weather.ts'
import type { Client, Family } from '../families/family.ts'
import type { Host, Server, ServerWish } from '../servers/hosts.ts'
import type { Case, Exception, Scene } from './case.ts'

/** What came of a case. */
export type Outcome =
  | { readonly kind: 'holds' }
  | { readonly kind: 'fails'; readonly error: unknown }
  | { readonly kind: 'none'; readonly why: string }

/** How long is waited for what is expected, and for what is expected not to come, milliseconds. */
const PATIENCE_MS = 30_000
const IMPATIENCE_MS = 10_000

/** Servers that cases share; one of each kind is started when it is first asked for. */
export class SharedServers {
  readonly #started = new Map<string, Promise<Server>>()

  get(host: Host, wish: ServerWish): Promise<Server> {
    const key = `${host.name} ${JSON.stringify(wish)}`
    const known = this.#started.get(key)
    if (known !== undefined) return known
    const server = host.start(wish)
    this.#started.set(key, server)
    return server
  }

  async close(): Promise<void> {
    await Promise.all([...this.#started.values()].map(async (server) => (await server).remove()))
  }
}

let nextDocument = 1

/** Runs a case for a family on a server. */
export const runCase = async (
  of: { readonly case: Case; readonly family: Family; readonly host: Host },
  servers: SharedServers,
): Promise<Outcome> => {
  const { family, host } = of
  const exception = of.case.exception?.(family, host) ?? null
  if (exception?.kind === 'none') return exception
  const cleanups: (() => unknown)[] = []
  try {
    await of.case.run(sceneOf({ family, host, servers, cleanups, exception }))
    return { kind: 'holds' }
  } catch (error) {
    return { kind: 'fails', error }
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup()
  }
}

const sceneOf = ({
  family,
  host,
  servers,
  cleanups,
  exception,
}: {
  family: Family
  host: Host
  servers: SharedServers
  cleanups: (() => unknown)[]
  exception: Exception | null
}): Scene => {
  const clients: Client[] = []
  const document = `document-${nextDocument++}-${process.pid}`
  const patienceMs = exception === null ? PATIENCE_MS : IMPATIENCE_MS
  // Hocuspocus 4 does not hear those who say no token, and version 2 says none where it has none
  const login = host.isQuire || family.kind !== 'hocuspocus' ? {} : { token: () => 'any' }
  const after = (cleanup: () => unknown): void => void cleanups.push(cleanup)
  const scene: Scene = {
    family,
    host,
    document,
    after,
    shared: (wish = {}) => servers.get(host, wish),
    async own(wish = {}) {
      const server = await host.start(wish)
      after(() => server.remove())
      return server
    },
    open(server, options = {}) {
      const client = family.open(server, { document, ...login, ...options })
      clients.push(client)
      after(() => client.destroy())
      return client
    },
    async synced(server, options) {
      const client = scene.open(server, options)
      await scene.until('it is synced', () => client.isSynced(), PATIENCE_MS)
      return client
    },
    async line(server) {
      const line = await openLine(server.port)
      after(() => line.close())
      return line
    },
    until: (what, holds, withinMs = patienceMs) =>
      until(what, holds, withinMs).catch((error: unknown) => {
        throw new Error(`${what}; ${clients.map(stateOf).join('; ')}`, { cause: error })
      }),
  }
  return scene
}

/** Whether that is what is known of it; if not, what is otherwise. */
export const verdictOf = (outcome: Outcome, exception: Exception | null): string => {
  if (outcome.kind === 'none') return 'as expected'
  if (outcome.kind === 'holds')
    return exception === null ? 'as expected' : `holds, and was to fail: ${exception.why}`
  const message = String(outcome.error)
  const isKnown = exception?.kind === 'fails' && exception.with.test(message)
  return isKnown ? 'as expected' : message
}

/** For a person who looks for a fault. */
const stateOf = (client: Client): string =>
  [
    client.isSynced() ? 'synced' : 'not synced',
    client.detail(),
    client.statuses.slice(-6).join(' '),
    ...client.refusals.slice(-3),
  ].join(', ')
