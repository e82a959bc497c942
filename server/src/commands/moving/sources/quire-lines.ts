/* Quire's own export: lines of JSON, from a file or from standard input. */
import { createReadStream } from 'node:fs'
import { addAbortSignal, type Readable } from 'node:stream'
import { byteLines } from '../byte-lines.ts'
import { lineBytes, readDocumentLine } from '../document-line.ts'
import type { Broken, Reading, Source } from '../source.ts'

const CUT: Broken = {
  kind: 'broken',
  name: null,
  at: 'the end',
  reason: 'the export was cut: its last line, {"done":true,…}, is not there',
}

/** `file`: a path, or `-` for standard input, which may wait for ever: `signal` ends it. */
export const openQuireLines = (file: string, { documentBytes, signal }: Reading): Source => {
  const stream: Readable = file === '-' ? process.stdin : createReadStream(file)
  addAbortSignal(signal, stream)
  return {
    total: null,
    async *documents() {
      let isWhole = false
      for await (const line of byteLines(stream, lineBytes(documentBytes))) {
        const at = `line ${line.number}`
        if (line.kind === 'problem') {
          yield { kind: 'broken', name: null, at, reason: line.problem }
          continue
        }
        const read = readDocumentLine(line.text, at)
        if (read.kind === 'end') isWhole = true
        else yield read
      }
      if (!isWhole) yield CUT
    },
    close: async () => void stream.destroy(),
  }
}
