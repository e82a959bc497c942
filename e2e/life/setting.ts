/* Who writes where on a day, with which tokens, and what there is from the day before. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Update } from '@quire/shared'
import { SignJWT } from 'jose'
import { onTestFinished } from 'vitest'
import { Doc, encodeStateAsUpdate } from 'yjs'
import { schemaVersionOf } from '../../server/src/storage/sqlite/testing/database-facts.ts'
import {
  type EarlierDocument,
  PREVIOUS_SCHEMA,
  writeEarlier,
} from '../../server/src/storage/sqlite/testing/earlier-schema.ts'
import type { PrivateDisk } from '../harness/private-disk.ts'
import { runCommand, type RunOptions } from '../harness/quire-command.ts'
import { YESTERDAY } from './audit.ts'
import type { Place } from './person.ts'

/** What tokens are signed with. */
export const JWT_SECRET = 'a secret of the day, of more than thirty-two bytes'

/** People of one document: eight or nine, with 500 of them. */
const PEOPLE_PER_DOCUMENT = 500 / 60

/** One document in so many is from before. */
const OLD_ONE_IN = 3

/** A directory until the test is over. */
export const directoryDuringTest = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'quire-life-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** The names of the documents of so many people. */
export const documentsOf = (people: number): readonly string[] =>
  Array.from({ length: Math.ceil(people / PEOPLE_PER_DOCUMENT) }, (_, i) => `day/${i}`)

/** Where so many people write, each with a token for their document alone. */
export const placesOf = (people: number, documents: readonly string[]): Promise<readonly Place[]> =>
  Promise.all(
    Array.from({ length: people }, async (_, i) => {
      const document = documents[i % documents.length] ?? ''
      return { document, token: await tokenFor(document, `person ${i}`) }
    }),
  )

/** A token for one document. */
export const tokenFor = (document: string, user: string): Promise<string> =>
  new SignJWT({ docs: [{ name: document, access: 'write' }] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(JWT_SECRET))

/** Documents from before that nobody opens, and the bytes of each. */
const ARCHIVE = { documents: 40, bytes: 100_000 }

/** What the documents from before have that are written in, by name. */
export const yesterdayOf = (documents: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    documents
      .filter((_, i) => i % OLD_ONE_IN === 0)
      .map((name) => [name, `what ${name} had yesterday`]),
  )

const archived = (i: number): EarlierDocument => {
  const doc = new Doc()
  doc.getMap('files').set('bytes', new Uint8Array(randomBytes(ARCHIVE.bytes))) // which nothing makes smaller
  return { name: `archive/${i}`, updates: [encodeStateAsUpdate(doc) as Update] } // Yjs made it
}

/** Writes these documents, and some that nobody opens, to a disk as the version of Quire before this one would have. */
export const writeYesterday = async (
  disk: PrivateDisk,
  yesterday: Readonly<Record<string, string>>,
): Promise<void> => {
  const dataDir = await directoryDuringTest()
  const documents = Object.entries(yesterday).map(([name, text]) => {
    const doc = new Doc()
    doc.getText(YESTERDAY).insert(0, text)
    return { name, updates: [encodeStateAsUpdate(doc) as Update] } // Yjs made it
  })
  const archive = Array.from({ length: ARCHIVE.documents }, (_, i) => archived(i))
  writeEarlier(dataDir, PREVIOUS_SCHEMA, [...documents, ...archive])
  const [program, ...rest] = [...disk.launcher, 'cp', '-R', `${dataDir}/.`, disk.path] as const
  await promisify(execFile)(program, rest)
}

/** The schema version of the copy that was made before the migration to the newest one. */
export const schemaOfCopy = async (disk: PrivateDisk): Promise<number> => {
  const copy = await disk.copy()
  onTestFinished(() => rm(copy, { recursive: true, force: true }))
  return schemaVersionOf(join(copy, `quire-before-schema-${PREVIOUS_SCHEMA + 1}.db`))
}

/** How long a command took, and its report. */
export interface Reported<T> {
  readonly seconds: number
  readonly report: T
}

/** Runs a command of `quire` that has to be done without findings, and reads what it reports. */
export const reportOf = async <T>(
  args: readonly string[],
  options?: RunOptions,
): Promise<Reported<T>> => {
  const startedAt = performance.now()
  const { exit, out, log } = await runCommand([...args, '--json'], options)
  if (exit !== 0) throw new Error(`quire ${args[0]} ended with ${exit}: ${log}${out}`)
  return { seconds: (performance.now() - startedAt) / 1000, report: JSON.parse(out) as T }
}

/** What `quire backup` reports. */
export interface BackupReport {
  readonly at: string
  readonly documents: number
  readonly bytes: number
  readonly newBytes: number
}

/** What `quire verify --documents` reports. */
export interface VerifyReport {
  readonly heads: number
  readonly digest: string
  readonly findings: readonly unknown[]
  readonly list: readonly {
    readonly name: string
    readonly head: number
    readonly digest: string
  }[]
}
