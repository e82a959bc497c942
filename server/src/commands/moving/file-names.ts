/*
 * A file for each document, whatever its name is: another name is another path. What reads well in a path stays, and a
 * slash in a name is a directory:
 *
 *   team/Notes 1       team/Notes 1.md
 *   a:b                a%3Ab.md           bytes of UTF-8 in hexadecimal, as in a URL
 *   100 %              100 %25.md
 *   a//b               a/%/b.md           % alone is an empty part
 *   .hidden            %2Ehidden.md       also the dots of `..`, and one at the end
 *   aux                %61ux.md           a device of Windows
 *   v.md/x             v%2Emd/x.md        a directory never ends as a file does
 *   a part of 300 a    aaa…%+/aaa….md     parts that are too long for a file system are cut
 */
import { utf8Length, type DocName } from '@quire/shared'

/** How a file of documents ends, by what it holds. */
export const extensions = {
  update: '.yjs',
  markdown: '.md',
  html: '.html',
  json: '.json',
  text: '.txt',
} as const

/** Bytes of one part of a path: file systems take 255, less what an extension and a temporary name add. */
const PART_BYTES = 200

const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}%/\\:*?"<>|]/u
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i
const FILE_END = /\.(?=(yjs|md|html|json|txt|ndjson|partial)$)/i

const encoder = new TextEncoder()

const escaped = (text: string): string =>
  [...encoder.encode(text)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')

const readable = (text: string): string =>
  [...text].map((char) => (UNSAFE.test(char) ? escaped(char) : char)).join('')

/** One part, no longer than a part of a path may be. */
const readablePart = (raw: string): string => {
  const device = DEVICE.exec(raw)
  const [first = '', ...rest] = device === null && !raw.startsWith('.') ? [''] : raw
  const inner = first === '' ? raw : rest.join('')
  const last = inner.endsWith('.') || inner.endsWith(' ') ? inner.slice(-1) : ''
  return escaped(first) + readable(last === '' ? inner : inner.slice(0, -1)) + escaped(last)
}

/** Pieces that are at most `PART_BYTES` long when every byte of them is escaped, or when none has to be. */
const piecesOf = (part: string, bytesOf: (char: string) => number): readonly string[] => {
  const pieces: string[] = []
  let [piece, bytes] = ['', 0]
  for (const char of part) {
    const more = bytesOf(char)
    if (bytes + more > PART_BYTES - 6) {
      // 6: what the ends of a piece may grow by, and the mark that it is one
      pieces.push(piece)
      ;[piece, bytes] = ['', 0]
    }
    piece += char
    bytes += more
  }
  return [...pieces, piece]
}

const escapedLength = (char: string): number => 3 * utf8Length(char)

const readableLength = (char: string): number =>
  UNSAFE.test(char) ? escapedLength(char) : utf8Length(char)

interface Writing {
  readonly bytesOf: (char: string) => number
  readonly write: (piece: string) => string
}

const pathOf = (name: DocName, extension: string, { bytesOf, write }: Writing): string => {
  const parts = name.split('/').flatMap((part) => {
    const pieces = piecesOf(part, bytesOf)
    return pieces.map((piece, at) => `${write(piece)}${at < pieces.length - 1 ? '%+' : ''}` || '%')
  })
  return parts
    .map((part, at) =>
      at === parts.length - 1 ? part + extension : part.replace(FILE_END, () => escaped('.')),
    )
    .join('/')
}

/** The path of a document's file, relative, with slashes. Another name has another path. */
export const fileNameOf = (name: DocName, extension: string): string =>
  pathOf(name, extension, { bytesOf: readableLength, write: readablePart })

/** A path that no other name has, also where a file system takes capital and small letters for the same. */
export const plainFileNameOf = (name: DocName, extension: string): string =>
  pathOf(name, extension, { bytesOf: escapedLength, write: escaped })
