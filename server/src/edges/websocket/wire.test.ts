import type { Frame } from '@quire/shared'
import * as ws from 'ws'
import { expect, test } from 'vitest'
import { webSocketWire } from './wire.ts'

interface Layout {
  readonly fin: boolean
  readonly opcode: number
  readonly mask: boolean
  readonly readOnly: boolean
  readonly rsv1: boolean
}

// ws 8.23 exports it (wrapper.mjs), @types/ws 8.18 does not know of it
const { Sender } = ws as unknown as {
  readonly Sender: { frame(payload: Buffer, layout: Layout): Buffer[] }
}

const frameOf = (bytes: number): Frame => new Uint8Array(bytes).fill(7) as Uint8Array as Frame

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 100_000])(
  'a message of %i bytes is laid out as ws lays it out',
  (bytes) => {
    const frame = frameOf(bytes)
    const options = { fin: true, opcode: 2, mask: false, readOnly: true, rsv1: false }
    const expected = Buffer.concat(Sender.frame(Buffer.from(frame), options))
    const into = new Uint8Array(3 + webSocketWire.lengthOf(frame))
    webSocketWire.write(frame, into, 3)
    expect(Buffer.from(into.subarray(3)).equals(expected)).toBe(true)
  },
)
