/* A bare socket that speaks a family's frames, and any others that it is told to. */
import * as encoding from 'lib0/encoding'
import { stepOneFrame } from '../../harness/frames.ts'
import { openRaw, type RawClient } from '../../harness/raw-client.ts'
import type { Scene } from './case.ts'

const EMPTY_STATE_VECTOR = Uint8Array.of(0)
const LOGIN = 2

/** A bare socket at a document. */
export interface RawFamily {
  readonly client: RawClient
  /** A frame as the family wraps it. */
  frame(body: Uint8Array): Uint8Array
  /** Bodies that came, without their wrapping. */
  readonly heard: readonly Uint8Array[]
}

/** Opens a bare socket, which logs in where it has to and asks for the document. */
export const openRawFamily = async (
  { family, host, document }: Scene,
  { port }: { readonly port: number },
): Promise<RawFamily> => {
  const path = {
    'y-websocket': `${host.isQuire ? '/yjs' : ''}/${document}`,
    hocuspocus: host.isQuire ? '/hocuspocus' : '',
    'y-sweet': `/d/${document}/ws/${document}`,
  }[family.kind]
  const address =
    family.kind === 'hocuspocus'
      ? encoding.encode((out) => encoding.writeVarString(out, document))
      : new Uint8Array()
  const frame = (body: Uint8Array): Uint8Array => Uint8Array.of(...address, ...body)
  const heard: Uint8Array[] = []
  const client = await openRaw(`ws://127.0.0.1:${port}${path}`, (said) =>
    heard.push(new Uint8Array(said.subarray(address.length))),
  )
  if (address.length > 0) client.socket.send(frame(loginBody('any')))
  client.socket.send(frame(stepOneFrame(EMPTY_STATE_VECTOR)))
  return { client, frame, heard }
}

const loginBody = (token: string): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarUint(out, LOGIN)
    encoding.writeVarUint(out, 0)
    encoding.writeVarString(out, token)
  })
