/** The same bytes in a buffer of their own: a structured clone of a view copies the whole buffer. */
export const exact = <B extends Uint8Array>(bytes: B): B =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : (bytes.slice() as B) // B is a brand on the bytes
