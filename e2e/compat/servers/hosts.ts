/*
 * The servers that families are tried with: Quire, and the server that each family comes from where it runs
 * here. y-sweet's is a program of its own that no package brings.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kinds } from '../../bench/servers/kinds.ts'
import { startKind, type Launcher, type ServerKind } from '../../bench/servers/server.ts'
import { startServer } from '../../harness/server-process.ts'
import type { Family } from '../families/family.ts'
import { hocuspocusFamilies } from '../families/hocuspocus.ts'
import { quireFamily } from '../families/quire.ts'
import { ySweetFamily } from '../families/y-sweet.ts'
import { yWebsocketFamilies } from '../families/y-websocket.ts'
import { SECRET } from './login.ts'

// each client of y-websocket listens for the end of the process
process.setMaxListeners(0)

/** A server process. Its port stays the same over restarts. */
export interface Server {
  readonly port: number
  readonly pid: number
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<unknown>
  restart(): Promise<void>
  remove(): Promise<void>
}

/** How a server is to be. */
export interface ServerWish {
  /** True if only those with a token get in. */
  readonly hasLogins?: boolean
  /** `QUIRE_…` variables, for Quire. */
  readonly env?: Readonly<Record<string, string>>
  /** True if the store does not answer before it is told to, where the server leaves the store to others. */
  readonly storeWaits?: boolean
  /** Where it keeps its data: a directory, and a command in front of its own to get there. */
  readonly disk?: { readonly path: string; readonly launcher: Launcher }
}

/** Who answers. */
export interface Host {
  readonly name: string
  readonly isQuire: boolean
  readonly families: readonly Family[]
  start(wish: ServerWish): Promise<Server>
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

const peer = (kind: ServerKind, argumentsOf: (wish: ServerWish) => readonly string[]) => ({
  name: kind.label,
  isQuire: false,
  start: (wish: ServerWish): Promise<Server> => {
    const { disk } = wish
    const command: ServerKind['command'] = ({ dataDir, port }) => ({
      args: [
        here(`${kind.name}-process.ts`),
        kind.name === 'hocuspocus'
          ? join(disk?.path ?? dataDir, 'documents.sqlite')
          : (disk?.path ?? dataDir),
        String(port),
        ...argumentsOf(wish),
      ],
      env: {},
    })
    return startKind({ ...kind, command }, disk?.launcher)
  },
})

/** Quire. */
export const quire: Host = {
  name: kinds.quire.label,
  isQuire: true,
  families: [
    ...yWebsocketFamilies('/yjs'),
    ...hocuspocusFamilies('/hocuspocus'),
    ySweetFamily,
    quireFamily,
  ],
  start: ({ hasLogins = false, env = {}, disk }) =>
    startServer({
      env: {
        QUIRE_LOG_LEVEL: 'error',
        ...env,
        ...(hasLogins && { QUIRE_AUTH: 'jwt', QUIRE_JWT_SECRET: SECRET }),
      },
      ...(disk && { dataDir: disk.path, launcher: disk.launcher }),
    }),
}

/** The servers that the families come from. */
export const peers: readonly Host[] = [
  {
    ...peer(kinds['y-websocket'], ({ storeWaits = false, hasLogins = false }) => [
      storeWaits ? 'waits' : '',
      hasLogins ? 'login' : '',
    ]),
    families: yWebsocketFamilies(''),
  },
  {
    ...peer(kinds.hocuspocus, ({ hasLogins = false }) => [hasLogins ? 'login' : '']),
    families: hocuspocusFamilies(''),
  },
]
