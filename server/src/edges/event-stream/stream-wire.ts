import { streamedLength, writeStreamed, type Frame } from '@quire/shared'
import type { Wire, WireBytes } from '../../ports/socket.ts'

/** Messages as they stand in the stream downwards; base64 is made of it when it is known what goes into one event. */
export const streamWire: Wire = {
  transport: 'event-stream',
  lengthOf: ({ length }) => streamedLength(length),
  write: writeStreamed,
}

/** One message, laid out. */
export const layOutFrame = (frame: Frame): WireBytes => {
  const bytes = new Uint8Array(streamedLength(frame.length))
  writeStreamed(frame, bytes, 0)
  return bytes as WireBytes // as `streamWire` writes it
}
