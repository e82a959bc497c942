/* What Hocuspocus' own providers say and hear without a connection. */
import * as encoding from 'lib0/encoding'
import { onTestFinished } from 'vitest'
import type { ClientMessage } from '../../room/message.ts'
import { hocuspocus, readAddress, type AddressBytes, type Addressed } from '../hocuspocus.ts'
import { decodedBy } from './decoding.ts'
import {
  makeHocuspocus,
  type HocuspocusVersion,
  type ProviderSettings,
} from './stock-hocuspocus.ts'

/** Bounds on presence that no test meets by accident. */
export const bounds = { presenceEntries: 100, presenceBytes: 4_096 }

/** A provider of a version, whose socket has just opened: what it says is kept, what it hears is handed to it. */
export const open = (version: HocuspocusVersion, settings: Partial<ProviderSettings> = {}) => {
  const { provider, socket } = makeHocuspocus(
    version,
    { name: 'a/é 😀', token: 'secret', ...settings },
    { isConnecting: false },
  )
  onTestFinished(() => provider.destroy())
  const said: Uint8Array[] = []
  // the socket never opens: what it would send is kept here
  socket.send = (frame) => said.push(frame)
  return {
    provider,
    said,
    /** Lets it hear a frame as from its socket, which finds the provider that it is for. */
    hear(frame: Uint8Array): void {
      const data = frame.slice().buffer
      socket.onMessage({ data } as never) // of a MessageEvent it reads the data
    },
  }
}

/** A frame taken apart; fails the test if it has no address. */
export const partsOf = (frame: Uint8Array): Addressed => {
  const addressed = readAddress(frame)
  if (!addressed.ok) throw new Error(addressed.error.message)
  return addressed.value
}

/** The messages of a frame; fails the test if it does not decode. */
export const decodeAll = (frame: Uint8Array): readonly ClientMessage[] => {
  const { prefix, body } = partsOf(frame)
  return decodedBy(hocuspocus(prefix, bounds))(body)
}

/** An address as it stands in front of a frame. */
export const prefixOf = (address: string): AddressBytes =>
  encoding.encode((out) => encoding.writeVarString(out, address)) as AddressBytes // that is one
