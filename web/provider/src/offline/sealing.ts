/*
 * Encryption at rest: records whose bytes are encrypted before a device sees them, and whose names it never
 * sees. What the device still learns: how many documents there are, how much is written when, and positions.
 *
 *   sealed bytes  = 12 random bytes · AES-GCM of the bytes (NIST SP 800-38D), bound to what and whose they are
 *   key of a name = HMAC-SHA-256 of it, with a key that the note of the store holds, sealed
 *   note          = 0 | 1 · sealed key of names
 *
 * With random nonces one key is good for some 2^32 records.
 */
import { concatBytes, err, ok, type Result } from '@quire/shared'
import { brokenStore, PLAIN, SEALED, UNKNOWN, type Keeping } from './note.ts'
import type { DocumentRecords, LogEntry, Records, UnsavedEntry } from './records.ts'
import { sealWith, type Seal } from './seal.ts'
import type { StoreProblem } from './store.ts'

const NAME_KEY_BYTES = 32

/**
 * Encrypts all that is kept, names included, with a key for AES-GCM that may `encrypt` and `decrypt`. The key is
 * the caller's to keep: without it, what is kept is lost. With another one a store is `broken`, and not harmed.
 */
export const encryptWith =
  (key: CryptoKey): Keeping =>
  async (device) => {
    try {
      return await sealedRecords(device, key)
    } catch (error) {
      return err(brokenStore(`cannot be encrypted with the key that was given: ${String(error)}`))
    }
  }

const sealedRecords = async (
  device: Records,
  key: CryptoKey,
): Promise<Result<Records, StoreProblem>> => {
  const seal = sealWith(key)
  const fresh = crypto.getRandomValues(new Uint8Array(NAME_KEY_BYTES))
  const proposed = await seal.close(fresh, 'note')
  const note = await device.note(concatBytes([Uint8Array.of(SEALED), proposed]))
  if (!note.ok) return note
  if (note.value[0] === PLAIN)
    return err(brokenStore('is not encrypted, and opens without a key only'))
  if (note.value[0] !== SEALED) return err(UNKNOWN)
  const nameKey = await seal.open(note.value.subarray(1), 'note')
  if (nameKey === null) return err(brokenStore('is encrypted with another key than the one given'))
  return ok(recordsUnder(device, seal, await hmacKey(nameKey)))
}

const recordsUnder = (device: Records, seal: Seal, nameKey: CryptoKey): Records => ({
  note: (proposed) => device.note(proposed),
  document: async (name, label) => {
    const key = await keyOf(nameKey, label)
    const document = await device.document(key, await seal.close(label, 'label'))
    return document.ok ? ok(documentUnder(document.value, seal, { key, name })) : document
  },
  labels: async () => {
    const labels = await device.labels()
    if (!labels.ok) return labels
    const opened = await Promise.all(labels.value.map((label) => seal.open(label, 'label')))
    const readable = opened.filter((label) => label !== null)
    return readable.length === opened.length
      ? ok(readable)
      : err(brokenStore('has the name of a document that does not decrypt'))
  },
  close: () => device.close(),
})

interface Named {
  readonly key: string
  /** For people. */
  readonly name: string
}

const documentUnder = (
  document: DocumentRecords,
  seal: Seal,
  { key, name }: Named,
): DocumentRecords => {
  const log = `log ${key}`
  const unsaved = `unsaved ${key}`
  /** Decrypts all of them. */
  const openAll = async <T extends LogEntry | UnsavedEntry>(
    entries: readonly T[],
    whose: string,
  ): Promise<Result<readonly T[], StoreProblem>> => {
    const opened = await Promise.all(
      entries.map(async (entry) => {
        const bytes = await seal.open(entry.bytes, whose)
        return bytes && { ...entry, bytes }
      }),
    )
    const readable = opened.filter((entry) => entry !== null)
    return readable.length === opened.length
      ? ok(readable)
      : err(brokenStore(`has something of ${name} that does not decrypt`))
  }
  /** Encrypts the bytes of an entry. */
  const close = async <T extends { readonly bytes: Uint8Array }>(
    entry: T,
    whose: string,
  ): Promise<T> => ({ ...entry, bytes: await seal.close(entry.bytes, whose) })

  return {
    read: async () => {
      const read = await document.read()
      if (!read.ok) return read
      const [entries, left] = await Promise.all([
        openAll(read.value.log, log),
        openAll(read.value.unsaved, unsaved),
      ])
      if (!entries.ok) return entries
      return left.ok ? ok({ ...read.value, log: entries.value, unsaved: left.value }) : left
    },
    write: async (batch) =>
      document.write({
        ...batch,
        log: batch.log && (await close(batch.log, log)),
        unsaved: await Promise.all(batch.unsaved.map((entry) => close(entry, unsaved))),
      }),
    adopt: async (adoption) => {
      const adopted = await document.adopt(adoption)
      if (!adopted.ok) return adopted
      // a device may hand on what it was told to be known, which is decrypted already
      const known = new Set(adoption.known.unsaved)
      const late = adopted.value.unsaved.filter((entry) => !known.has(entry))
      const opened = await openAll(late, unsaved)
      if (!opened.ok) return opened
      const early = adopted.value.unsaved.filter((entry) => known.has(entry))
      return ok({ life: adopted.value.life, unsaved: [...early, ...opened.value] })
    },
    fold: async (life, numbers, bytes) =>
      document.fold(life, numbers, await seal.close(bytes, log)),
    clear: () => document.clear(),
    close: () => document.close(),
  }
}

const hmacKey = (bytes: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytes.slice(), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])

const keyOf = async (nameKey: CryptoKey, name: Uint8Array): Promise<string> => {
  const signed = await crypto.subtle.sign('HMAC', nameKey, name.slice())
  return Array.from(new Uint8Array(signed), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
