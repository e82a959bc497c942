/*
 * One abuser, in a process of its own so that it costs the load generator nothing but the machine.
 * Arguments: server, port, document, abuse. Prints a line once it is at it.
 */
import { openRaw, type RawClient } from '../../harness/raw-client.ts'
import { EMPTY } from '../load/corpus.ts'
import { pause } from '../load/wait.ts'
import { kinds } from '../servers/kinds.ts'
import type { ServerName } from '../servers/server.ts'
import { abuses } from './abuses.ts'

/** Bytes that wait in its own socket before it pauses: more would only fill this process. */
const AHEAD_BYTES = 256 * 1024

const [server = '', port = '', document = '', name = ''] = process.argv.slice(2)
const kind = kinds[server as ServerName]
const abuse = abuses.find((known) => known.name === name)
if (abuse === undefined) throw new Error(`no abuse is called ${name}`)
const url = `ws://127.0.0.1:${port}${kind.dialect.path(document)}`

/** It does not take no for an answer. */
const come = async (): Promise<RawClient> => {
  let abuser: RawClient | null = null
  while (abuser === null) abuser = await openRaw(url).catch(() => null)
  if (abuse.isDeaf === true) abuser.socket.pause()
  for (const message of kind.dialect.hello(document, EMPTY.stateVector)) abuser.socket.send(message)
  return abuser
}

let abuser = await come()
process.stdout.write('at it\n')
for (let round = 0; ; round++) {
  if (abuser.closed !== null) abuser = await come() // it comes back, like any client
  for (const message of abuse.messages(kind, document, round)) abuser.socket.send(message)
  // whoever waits for the server must not take the machine from it
  while (abuser.closed === null && abuser.socket.bufferedAmount >= AHEAD_BYTES) await pause(1)
  if (abuse.reconnects === true) {
    abuser.socket.terminate()
    abuser = await come()
  }
  await new Promise(setImmediate)
}
