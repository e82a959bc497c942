/**
 * What stands in front of a body, varUint length, the body: in one array of that size. Written by hand, since every
 * update goes by here: an encoder grows by copying, and costs more than a small update.
 */
export const bodyBehind = (head: Uint8Array, body: Uint8Array): Uint8Array => {
  const { length } = body
  const bytes = new Uint8Array(head.length + varUintLength(length) + length)
  bytes.set(head)
  let at = head.length
  for (let rest = length; ; rest = Math.floor(rest / 0x80)) {
    if (rest < 0x80) {
      bytes[at++] = rest
      break
    }
    bytes[at++] = (rest & 0x7f) | 0x80
  }
  bytes.set(body, at)
  return bytes
}

const varUintLength = (value: number): number => {
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++
  return bytes
}
