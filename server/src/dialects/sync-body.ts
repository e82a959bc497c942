import { syncTypes, type Frame, type SyncMessage } from '@quire/shared'

/**
 * A sync message behind what its dialect puts in front of it: `prefix`, the type, varUint length, body.
 * Written by hand: every update that anybody types comes by here, and an encoder costs more than it.
 */
export const syncBody = (
  prefix: Uint8Array,
  kind: SyncMessage['kind'],
  body: Uint8Array,
): Frame => {
  const frame = new Uint8Array(prefix.length + 1 + varUintLength(body.length) + body.length)
  frame.set(prefix)
  let at = prefix.length
  frame[at++] = syncTypes[kind]
  for (let rest = body.length; ; rest = Math.floor(rest / 0x80)) {
    if (rest < 0x80) {
      frame[at++] = rest
      break
    }
    frame[at++] = (rest & 0x7f) | 0x80
  }
  frame.set(body, at)
  return frame as Frame // written to the grammar above
}

const varUintLength = (value: number): number => {
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++
  return bytes
}
