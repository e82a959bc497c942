import { bodyBehind, syncTypes, type Frame, type SyncMessage } from '@quire/shared'

/** A sync message behind what its dialect puts in front of it: `prefix`, the type, varUint length, body. */
export const syncBody = (
  prefix: Uint8Array,
  kind: SyncMessage['kind'],
  body: Uint8Array,
): Frame => {
  const head = new Uint8Array(prefix.length + 1)
  head.set(prefix)
  head[prefix.length] = syncTypes[kind]
  return bodyBehind(head, body) as Frame // written to the grammar above
}
