/* Every server that is compared. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { COMMAND, commandLine } from '../../harness/command.ts'
import { hocuspocusDialect, yWebsocketDialect } from '../load/dialects.ts'
import type { ServerKind, ServerName } from './server.ts'

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

const versionOf = (packageFile: string): string => {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }
  return version // every package has one
}

const installed = (name: string): string =>
  versionOf(here(`../../../node_modules/${name}/package.json`))

const quire: ServerKind = {
  name: 'quire',
  label: `Quire ${versionOf(here('../../../server/package.json'))}`,
  dialect: yWebsocketDialect('/yjs'),
  answers: true,
  acknowledges: 'echo',
  command: ({ dataDir, port }) => {
    const { flags, env } = commandLine()
    const own = { QUIRE_DATA_DIR: dataDir, QUIRE_PORT: String(port), QUIRE_LOG_LEVEL: 'info' }
    return { args: [...flags, COMMAND, 'serve'], env: { ...env, ...own } }
  },
}

const hocuspocus: ServerKind = {
  name: 'hocuspocus',
  label: `Hocuspocus ${installed('@hocuspocus/server')}`,
  dialect: hocuspocusDialect,
  answers: true,
  acknowledges: 'status',
  command: ({ dataDir, port }) => ({
    args: [here('hocuspocus-process.ts'), join(dataDir, 'documents.sqlite'), String(port)],
    env: {},
  }),
}

const yWebsocket: ServerKind = {
  name: 'y-websocket',
  label: `@y/websocket-server ${installed('@y/websocket-server')}`,
  dialect: yWebsocketDialect(''),
  answers: true,
  acknowledges: 'echo', // but not that it is on disk: it has no persistence of its own
  command: ({ port }) => ({ args: [here('y-websocket-process.ts'), String(port)], env: {} }),
}

/** A relay; one that loses a message is for testing that this is noticed. */
export const relayKind = (losesMessage = 0): ServerKind => ({
  name: 'relay',
  label: `relay on ws ${installed('ws')}`,
  dialect: { ...yWebsocketDialect(''), hello: () => [] },
  answers: false,
  acknowledges: 'never',
  command: ({ port }) => ({
    args: [here('relay-process.ts'), String(port), String(losesMessage)],
    env: {},
  }),
})

/** By name, in the order of the table. */
export const kinds: Readonly<Record<ServerName, ServerKind>> = {
  quire,
  hocuspocus,
  'y-websocket': yWebsocket,
  relay: relayKind(),
}
