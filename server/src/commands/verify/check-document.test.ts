import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Doc } from 'yjs'
import { applyUpdate, encodeStateAsUpdate } from 'yjs'
import type { Update } from '@quire/shared'
import { fold } from '../../content/fold.ts'
import { checkDocument } from './check-document.ts'
import type { Checked } from './finding.ts'
import type { StoredDocument } from './stored-document.ts'
import { folded } from './testing/stored.ts'

/** What one of two people does: inserts, deletes or formats somewhere, or syncs with the other. */
const doing = fc.record({
  who: fc.integer({ min: 0, max: 1 }),
  what: fc.constantFrom('insert', 'delete', 'format', 'nest', 'sync'),
  at: fc.nat(200),
})

const logOf = (doings: readonly { who: number; what: string; at: number }[]): readonly Update[] => {
  const docs = [new Doc(), new Doc()] as const
  const log: Update[] = []
  for (const [i, doc] of docs.entries()) {
    doc.clientID = i + 1
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'sync') log.push(update as Update) // Yjs made it
    })
  }
  for (const { who, what, at } of doings) {
    const [doc, other] = who === 0 ? docs : [docs[1], docs[0]]
    const text = doc.getText('text')
    const place = text.length === 0 ? 0 : at % text.length
    if (what === 'insert') text.insert(place, `w${at} `)
    else if (what === 'delete') text.delete(place, Math.min(3, text.length - place))
    else if (what === 'format')
      text.format(place, Math.min(4, text.length - place), { bold: at % 2 === 0 || null })
    else if (what === 'nest')
      doc.getMap('map').set(`k${at % 3}`, new Doc({ guid: 'sub' }).getText().clone())
    else applyUpdate(doc, encodeStateAsUpdate(other), 'sync')
  }
  return log
}

const stored = (
  part: Pick<StoredDocument, 'tail'> & Partial<StoredDocument>,
  head: number,
): StoredDocument => ({
  name: { name: 'notes', head, isDeleted: 0 },
  snapshot: undefined,
  quarantine: [],
  authors: [],
  versions: [],
  parts: [],
  unread: [],
  ...part,
})

const check = (of: StoredDocument): Checked => {
  const checked = checkDocument(1, of)
  if (checked === null) throw new Error('it is not there')
  return checked
}

it('a document that was purged since it was listed is none, and no finding', () => {
  const gone = { ...stored({ tail: [] }, 0), name: undefined }
  expect(checkDocument(1, gone)).toBeNull()
  const unread = ['its name cannot be read: the disk is malformed']
  expect(checkDocument(1, { ...gone, unread })?.findings).toHaveLength(1)
})

describe('the digest of a document', () => {
  it('is the same however much of its log is folded, and another one when an update is lost', () => {
    fc.assert(
      fc.property(fc.array(doing, { minLength: 2, maxLength: 60 }), fc.nat(), (doings, cut) => {
        const log = logOf(doings)
        fc.pre(log.length > 1)
        const tail = log.map((bytes, i) => ({ seq: i + 1, bytes }))
        const whole = check(stored({ tail }, log.length))
        const through = 1 + (cut % log.length)
        const snapshot = folded(log, through)
        const part = check(stored({ snapshot, tail: tail.slice(through) }, log.length))
        expect(whole.findings.concat(part.findings)).toEqual([])
        expect(part.digest).toBe(whole.digest)
        const again = fold({ snapshot: snapshot.bytes, tail: log.slice(through) })
        const { bytes, stateVector, deleteSet, index } = again
        const all = { through: log.length, bytes, stateVector, deleteSet, index }
        expect(check(stored({ snapshot: all, tail: [] }, log.length)).digest).toBe(whole.digest)
        const lost = check(stored({ tail: tail.slice(0, -1) }, log.length - 1))
        expect(lost.digest).not.toBe(whole.digest)
      }),
      { numRuns: 200 },
    )
  })
})
