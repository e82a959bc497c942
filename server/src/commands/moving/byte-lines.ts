/** A line of a file of lines, or why it cannot be used. */
export type ByteLine =
  | { readonly kind: 'line'; readonly number: number; readonly text: string }
  | { readonly kind: 'problem'; readonly number: number; readonly problem: string }

const NEWLINE = 10

/**
 * The lines of a stream, of which no more is held than one of at most `limit` bytes. Empty ones are left out, but
 * counted; a carriage return before the end of one is none of it.
 */
export const byteLines = async function* (
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<ByteLine, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let [number, bytes, held]: [number, number, Uint8Array[]] = [0, 0, []]
  const take = (): ByteLine | null => {
    const [line, size] = [Buffer.concat(held), bytes]
    ;[number, bytes, held] = [number + 1, 0, []]
    if (size > limit) {
      const problem = `the line is ${size} bytes, limit ${limit} (of --max-document-bytes)`
      return { kind: 'problem', number, problem }
    }
    try {
      const text = decoder.decode(line).replace(/\r$/, '')
      return text === '' ? null : { kind: 'line', number, text }
    } catch {
      return { kind: 'problem', number, problem: 'the line is not UTF-8' }
    }
  }
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length;) {
      const found = chunk.indexOf(NEWLINE, at)
      const end = found === -1 ? chunk.length : found
      bytes += end - at
      if (bytes > limit) held = []
      else held.push(chunk.subarray(at, end))
      at = end + 1
      const line = found === -1 ? null : take()
      if (line !== null) yield line
    }
  const last = take()
  if (last !== null) yield last
}
