import { millis, readUpdate, type DocName, type Update } from '@quire/shared'
import { QuireApiError, type ApiClient } from '../../../client.ts'
import { documentLine } from '../../../http/api/bulk-lines.ts'
import { byteLines } from '../byte-lines.ts'
import { parseJson } from '../document-line.ts'
import { serverError } from '../server-client.ts'
import type { Made, NewDocument, Target } from '../target.ts'
import { coversAll } from '../whole.ts'

/** What a server says of one line, bytes at most. */
const ANSWER_BYTES = 1024 * 1024
/** Answers that are about the one document: others would be the same for every document. */
const OF_DOCUMENT = new Set([400, 404, 409, 410, 413, 422])

type Existing = 'skip' | 'merge'
interface Told {
  readonly result?: 'created' | 'skipped' | 'merged' | 'failed'
  readonly detail?: string
}

/** Imports one document as one line, and says what came of it. */
const sendLine = async (
  api: ApiClient,
  { name, contents, authors, createdAt }: NewDocument,
  { prefix, existing }: { readonly prefix: string; readonly existing: Existing },
): Promise<Told> => {
  const at = createdAt ?? millis(Date.now())
  const { update } = contents
  const line = documentLine(
    { name, createdAt: at, changedAt: at },
    { sequence: 0, update, authors },
  )
  const body = new TextEncoder().encode(`${JSON.stringify(line)}\n`)
  let told: Told | null = null
  const answer = await api.import(body, { prefix, existing })
  for await (const one of byteLines(answer, ANSWER_BYTES))
    if (one.kind === 'line') told ??= parseJson(one.text) as Told // of the server's own schema
  if (told === null) throw new Error('it has not said what came of a document')
  return told
}

const readWhole = async (api: ApiClient, name: DocName): Promise<Update | null> => {
  try {
    const { content } = await api.document(name).read('update')
    const read = readUpdate(content)
    if (!read.ok) throw new Error(`document ${JSON.stringify(name)}: ${read.error.message}`)
    return read.value.update
  } catch (thrown) {
    if (thrown instanceof QuireApiError && thrown.kind === 'not-found') return null
    throw thrown
  }
}

/** Makes a document under its key; the API does not tell whether it was made just now, and what it holds does. */
const createKeyed = async (
  api: ApiClient,
  { name, contents }: NewDocument,
  idempotencyKey: string,
): Promise<Made> => {
  const value = Buffer.from(contents.update).toString('base64')
  try {
    await api.create(name, { content: { format: 'update', value }, idempotencyKey })
  } catch (thrown) {
    if (!(thrown instanceof QuireApiError) || !OF_DOCUMENT.has(thrown.status)) throw thrown
    if (thrown.kind === 'conflict') return { kind: 'exists' }
    if (thrown.kind !== 'deleted') return { kind: 'refused', reason: thrown.message }
    return { kind: 'refused', reason: 'it was imported before, and has been deleted since' }
  }
  const back = await readWhole(api, name)
  const read = back === null ? null : readUpdate(back)
  const isOurs = read?.ok === true && coversAll(read.value, contents)
  return { kind: isOurs ? 'created' : 'repeated' }
}

const create = async (api: ApiClient, document: NewDocument, prefix: string): Promise<Made> => {
  if (document.key !== null) return createKeyed(api, document, document.key)
  const { result, detail = 'the server does not say why' } = await sendLine(api, document, {
    prefix,
    existing: 'skip',
  })
  if (result === 'created') return { kind: 'created' }
  return result === 'skipped' ? { kind: 'exists' } : { kind: 'refused', reason: detail }
}

/** A running server. `prefix`: what all names begin with, and its login has to grant. */
export const serverTarget = (api: ApiClient, url: string, prefix: string): Target => {
  const asking = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (thrown) {
      throw serverError(url, thrown)
    }
  }
  const merge = async (document: NewDocument): Promise<string | null> => {
    const { result, detail } = await sendLine(api, document, { prefix, existing: 'merge' })
    return result === 'failed' || result === undefined ? (detail ?? 'it says nothing') : null
  }
  return {
    read: (name) => asking(readWhole(api, name)),
    create: (document) => asking(create(api, document, prefix)),
    merge: (document) => asking(merge(document)),
    close: () => Promise.resolve(),
  }
}
