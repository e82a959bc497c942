/*
 * An import, one document after the other:
 *
 *   name ▸ read ▸ make it one update ▸ create ▸ read back ▸ is all of it there?
 *
 * What is done is known by the target alone, so that the same import again goes on where it was cut: a document that
 * has all of it already is `present`. Nothing else is remembered, and no more is held than one document.
 */
import { createHash } from 'node:crypto'
import { parseDocName, readUpdate, type DocName, type UpdateContents } from '@quire/shared'
import type { Content } from '../../ports/content.ts'
import { MOST_FINDINGS } from './findings.ts'
import { LeftOut, type Broken, type Source, type SourceDocument } from './source.ts'
import type { NewDocument, Target } from './target.ts'
import { coversAll, isNothing, wholeOf } from './whole.ts'

/** What becomes of a document that is there and lacks what the source has. */
export type Existing = 'skip' | 'merge' | 'fail'

/** Where to: `null` in the place of writing for a try that changes nothing. */
export interface CarryOptions {
  readonly source: Source
  readonly target: Pick<Target, 'read'> & { readonly write: Target | null }
  readonly content: Content
  readonly existing: Existing
  /** Put before each name. */
  readonly prefix: string
  /** The Yjs type that text goes to; null: where the editor writes. */
  readonly field: string | null
  /** Larger documents are left out. */
  readonly documentBytes: number
  readonly signal: AbortSignal
  /** Called with how many have been looked at. */
  readonly onProgress: (done: number) => void
}

/** What was left out, or left as it is, and why. */
export interface Finding {
  readonly name: string | null
  /** Where it stands in the source. */
  readonly at: string
  readonly reason: string
}

/** What came of an import. */
export interface Carried {
  /** Documents that the source has, the broken ones among them. */
  readonly documents: number
  readonly created: number
  readonly merged: number
  /** They were there with all of it: from an earlier run, say. */
  readonly present: number
  /** Left out. */
  readonly skipped: number
  /** Read back, and found to hold all that the source has. */
  readonly verified: number
  /** Of all that was written, as updates. */
  readonly bytes: number
  /** Reasons of what was left out, also parts of documents that were imported; the first `MOST_FINDINGS`. */
  readonly findings: readonly Finding[]
  /** All of them, counted. */
  readonly found: number
}

type Outcome = 'created' | 'merged' | 'present'

/** Carries all documents over. Throws where it cannot go on; what it has carried until then stays. */
export const carry = async (options: CarryOptions): Promise<Carried> => {
  const counts = { documents: 0, created: 0, merged: 0, present: 0, skipped: 0, verified: 0 }
  const findings: Finding[] = []
  let [bytes, found] = [0, 0]
  const tell = (finding: Finding): void => {
    found++
    if (findings.length < MOST_FINDINGS) findings.push(finding)
  }
  const carrying = new Carrying(options)
  for await (const one of options.source.documents()) {
    options.signal.throwIfAborted()
    counts.documents++
    const { name, at } = one
    try {
      const { outcome, isVerified, written, leftOut } = await carrying.carry(one)
      counts[outcome]++
      if (isVerified) counts.verified++
      bytes += written
      for (const reason of leftOut) tell({ name, at, reason })
    } catch (thrown) {
      if (!(thrown instanceof LeftOut)) throw thrown
      counts.skipped++
      tell({ name, at, reason: thrown.message })
    }
    options.onProgress(counts.documents)
  }
  return { ...counts, bytes, findings, found }
}

interface One {
  readonly outcome: Outcome
  readonly isVerified: boolean
  readonly written: number
  readonly leftOut: readonly string[]
}

class Carrying {
  readonly #options: CarryOptions

  constructor(options: CarryOptions) {
    this.#options = options
  }

  /** Carries one document over; throws `LeftOut` where it stays behind. */
  async carry(one: SourceDocument | Broken): Promise<One> {
    if (one.kind === 'broken') throw new LeftOut(one.reason)
    const { content, documentBytes, field } = this.#options
    const name = this.#nameOf(one)
    const source = await one.read(documentBytes)
    const whole = await wholeOf(content, source, field)
    if (!whole.ok) throw new LeftOut(whole.error)
    const { contents, leftOut } = whole.value
    const document: NewDocument = {
      name,
      contents,
      authors: source.kind === 'updates' ? (source.authors ?? []) : [],
      createdAt: one.createdAt ?? null,
      key: source.kind === 'seed' ? keyOf(name, field, source) : null,
    }
    const { write } = this.#options.target
    if (write === null) return { ...(await this.#tried(document)), leftOut }
    return { ...(await this.#written(write, document)), leftOut }
  }

  #nameOf({ name: raw }: SourceDocument): DocName {
    const name = parseDocName(this.#options.prefix + raw)
    if (!name.ok) throw new LeftOut(name.error.message)
    if (name.value === '.' || name.value === '..')
      throw new LeftOut('a document is not named . or ..: no URL would lead to it')
    return name.value
  }

  /** What would be done. */
  async #tried(document: NewDocument): Promise<Omit<One, 'leftOut'>> {
    const there = await this.#there(document.name)
    const nothing = { isVerified: false, written: 0 }
    if (there === null) return { outcome: 'created', ...nothing }
    if (coversAll(there, document.contents)) return { outcome: 'present', ...nothing }
    if (document.key !== null)
      throw new LeftOut(
        'it is there already; only an import that writes can tell whether it is this',
      )
    if (!isNothing(there)) this.#mayMerge(document)
    return { outcome: 'merged', ...nothing }
  }

  async #written(target: Target, document: NewDocument): Promise<Omit<One, 'leftOut'>> {
    const made = await target.create(document)
    if (made.kind === 'refused') throw new LeftOut(made.reason)
    const { contents } = document
    const written = contents.update.length
    if (made.kind === 'created')
      return { outcome: 'created', isVerified: await this.#isThere(document), written }
    const there = await this.#there(document.name)
    if (there === null) throw new LeftOut('it was deleted meanwhile')
    // what was made under the same key may have been edited since, and is as it should be
    const isDone = made.kind === 'repeated' && (!isNothing(there) || isNothing(contents))
    const isVerified = coversAll(there, contents)
    if (isDone || isVerified) return { outcome: 'present', isVerified, written: 0 }
    if (!isNothing(there)) this.#mayMerge(document)
    const refused = await target.merge(document)
    if (refused !== null) throw new LeftOut(refused)
    const outcome = isNothing(there) ? 'created' : 'merged'
    return { outcome, isVerified: await this.#isThere(document), written }
  }

  /** Throws where a document that is there stays as it is. */
  #mayMerge({ name, key }: NewDocument): void {
    const { existing } = this.#options
    if (existing === 'fail')
      throw new Error(
        `document ${JSON.stringify(name)} is there already, and lacks what the source has; --existing says what becomes of such ones`,
      )
    if (existing === 'skip')
      throw new LeftOut('it is there already, with other content; --existing merge adds this')
    if (key !== null)
      throw new LeftOut(
        'it is there already, and text cannot be merged without doubling what is the same',
      )
  }

  async #there(name: DocName): Promise<UpdateContents | null> {
    const update = await this.#options.target.read(name)
    if (update === null) return null
    const read = readUpdate(update)
    if (!read.ok) throw new LeftOut(`what is there already cannot be read: ${read.error.message}`)
    return read.value
  }

  /** Whether what was written is there; throws where it is not. */
  async #isThere({ name, contents }: NewDocument): Promise<true> {
    const there = await this.#there(name)
    if (there !== null && coversAll(there, contents)) return true
    throw new LeftOut('it was written, and is not there as it is read back: import it again')
  }
}

/** The same for each attempt to make this document of this text. */
const keyOf = (
  name: DocName,
  field: string | null,
  { format, text }: { readonly format: string; readonly text: string },
): string => {
  const all = JSON.stringify([name, field, format, text])
  return `quire import ${createHash('sha256').update(all).digest('base64url')}`
}
