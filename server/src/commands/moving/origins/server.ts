import type { ApiClient } from '../../../client.ts'
import { exportedLine } from '../../../http/api/bulk-lines.ts'
import { byteLines } from '../byte-lines.ts'
import { lineBytes, parseJson } from '../document-line.ts'
import type { Origin } from '../origin.ts'
import { serverError } from '../server-client.ts'

/** What a running server exports. `documentBytes`: the largest document that is taken. */
export const serverOrigin = (
  api: ApiClient,
  url: string,
  { prefix, documentBytes }: { readonly prefix: string; readonly documentBytes: number },
): Origin => ({
  async *documents() {
    try {
      for await (const one of byteLines(await api.export(prefix), lineBytes(documentBytes))) {
        if (one.kind === 'problem') {
          yield { kind: 'failed', name: `(line ${one.number})`, detail: one.problem }
          continue
        }
        const read = exportedLine.safeParse(parseJson(one.text))
        if (!read.success) throw new Error(`line ${one.number} is none of an export`)
        const line = read.data
        if ('done' in line) return
        if ('result' in line) yield { kind: 'failed', name: line.name, detail: line.detail }
        else yield { kind: 'document', line }
      }
    } catch (thrown) {
      throw serverError(url, thrown)
    }
    throw new Error(`the server at ${url} has cut the export: its last line is not there`)
  },
  close: () => Promise.resolve(),
})
