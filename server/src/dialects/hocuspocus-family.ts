import type { PresenceLimits } from '@quire/shared'
import type { SharedFamily } from './connection.ts'
import { HocuspocusConnection } from './hocuspocus-connection.ts'
import { hocuspocus, type AddressBytes } from './hocuspocus.ts'

/** Hocuspocus' clients on one socket, with at most `documents` of them open. */
export const hocuspocusFamily = (
  documents: number,
  presence: PresenceLimits,
): SharedFamily<AddressBytes> => ({
  connection: new HocuspocusConnection(documents),
  dialectOf: (prefix) => hocuspocus(prefix, presence),
  greeting: [],
  beat: null, // its clients count silence for each document
})
