import type { Theme } from './case.ts'
import { connection } from './connection.ts'
import { content } from './content.ts'
import { garbage } from './garbage.ts'
import { logins } from './logins.ts'
import { names } from './names.ts'
import { peers } from './peers.ts'
import { presence } from './presence.ts'
import { saved } from './saved.ts'
import { sharedSocket } from './shared-socket.ts'

/** Everything that clients rely on, in the order of the table. */
export const themes: readonly Theme[] = [
  content,
  saved,
  presence,
  connection,
  sharedSocket,
  logins,
  names,
  garbage,
  peers,
]
