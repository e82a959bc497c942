import fc from 'fast-check'
import { type DocId, seq } from '@quire/shared'
import { expect, test } from 'vitest'
import type { Storage } from '../../ports/storage.ts'
import {
  kindOf,
  type MakeStorage,
  nameOf,
  noon,
  quarantineIn,
  snapshotOf,
  storageForTest,
  textOf,
  textsIn,
  textUpdate,
  unwrap,
} from './fixture.ts'

/*
 * The log as a sentence of the specification: all texts ever appended, how many of them the
 * snapshot covers, and which are in quarantine. Any history of operations on a storage must show what this shows.
 */
interface ModelDocument {
  id: DocId | null
  texts: string[]
  through: number
  snapshot: string | null
  quarantine: { seq: number; text: string }[]
}

type Step =
  | { readonly kind: 'open' | 'read'; readonly doc: number }
  | { readonly kind: 'append'; readonly entries: readonly { doc: number; count: number }[] }
  | { readonly kind: 'compact'; readonly doc: number; readonly share: number; readonly bad: number }
  | { readonly kind: 'reopen' }

const documents = 3
const doc = fc.nat(documents - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('open', 'read'), doc }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append'),
      entries: fc.array(fc.record({ doc, count: fc.nat(4) }), { maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('compact'), doc, share: fc.nat(110), bad: fc.nat(4) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' }) },
)

const perform = async (
  storage: Storage,
  model: readonly ModelDocument[],
  taken: Exclude<Step, { kind: 'reopen' }>,
  label: string,
): Promise<void> => {
  const at = (index: number) => model[index] as ModelDocument // the generator stays in range
  switch (taken.kind) {
    case 'open': {
      const document = at(taken.doc)
      const { texts, through, snapshot } = document
      const opened = unwrap(await storage.open(nameOf(`document ${taken.doc}`)))
      expect(opened.id).toBe(document.id ?? opened.id)
      document.id = opened.id
      expect(opened.head).toBe(texts.length)
      expect(opened.tail.map(textOf)).toEqual(texts.slice(through))
      expect(opened.snapshot?.through ?? 0).toBe(through)
      expect(opened.snapshotBytes).toBe(snapshot?.length ?? 0)
      return
    }
    case 'read': {
      const { id, texts, through, snapshot, quarantine } = at(taken.doc)
      if (id === null) return
      expect(await textsIn(storage, id)).toEqual({
        head: texts.length,
        snapshot,
        tail: texts.slice(through),
      })
      expect(await quarantineIn(storage, id)).toMatchObject(quarantine)
      return
    }
    case 'append': {
      const known = taken.entries.filter((entry) => at(entry.doc).id !== null)
      const expected = known.map((entry, i) => {
        const { id, texts } = at(entry.doc)
        const first = texts.length + 1
        for (let n = 0; n < entry.count; n++) texts.push(`${label}.${i}.${n}`)
        return { doc: id, first, last: texts.length, writer: expect.any(Number) }
      })
      const batch = known.map((entry, i) => ({
        doc: at(entry.doc).id as DocId, // filtered above
        updates: Array.from({ length: entry.count }, (_, n) => textUpdate(`${label}.${i}.${n}`)),
      }))
      expect(unwrap(await storage.append(batch, noon))).toEqual(expected)
      return
    }
    case 'compact': {
      const document = at(taken.doc)
      const { id, texts } = document
      if (id === null) return
      const through = seq(Math.floor((texts.length * taken.share) / 100))
      const covered = texts.slice(0, through).map((text, i) => ({ seq: seq(i + 1), text }))
      const bad = covered
        .slice(document.through)
        .filter(({ seq: number }) => taken.bad > 0 && number % taken.bad === 0)
      const quarantined = bad.map(({ seq: number }) => ({ seq: number, problem: label }))
      const result = await storage.compact(id, snapshotOf(through, label), quarantined)
      if (through > texts.length) expect(kindOf(result)).toBe('corrupt')
      else if (through <= document.through) expect(unwrap(result)).toBe(false)
      else {
        expect(unwrap(result)).toBe(true)
        document.through = through
        document.snapshot = label
        document.quarantine.push(...bad)
      }
    }
  }
}

/** Opening and reopening dozens of storages may take long on a busy machine. */
const historiesTimeoutMs = 120_000

/** All rules at once: random histories against the model. */
export const modelRules = (make: MakeStorage, histories: number): void => {
  test(
    '[ST3] [ST6] [ST7] [ST8] [ST12] [ST13] any history shows what the model shows',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (history) => {
          const { storage: first, reopen, dispose } = await make()
          let storage = first
          const model = Array.from({ length: documents }, (): ModelDocument => {
            return { id: null, texts: [], through: 0, snapshot: null, quarantine: [] }
          })
          try {
            for (const [i, taken] of history.entries()) {
              if (taken.kind === 'reopen') storage = await reopen()
              else await perform(storage, model, taken, `step ${i}`)
            }
            for (const index of model.keys()) {
              await perform(storage, model, { kind: 'open', doc: index }, 'end')
              await perform(storage, model, { kind: 'read', doc: index }, 'end')
            }
          } finally {
            await dispose()
          }
        }),
        { numRuns: histories },
      )
    },
    historiesTimeoutMs,
  )

  test('[ST11] a storage under load is gapless at every moment', async () => {
    const { storage } = await storageForTest(make)
    const { id } = unwrap(await storage.open(nameOf('busy')))
    const appends = Array.from({ length: 40 }, (_, i) =>
      storage.append([{ doc: id, updates: [textUpdate(`${i}a`), textUpdate(`${i}b`)] }], noon),
    )
    const folds = Array.from({ length: 10 }, async (_, i) => {
      const { head } = unwrap(await storage.read(id))
      return storage.compact(id, snapshotOf(head, `fold ${i}`), [])
    })
    const reads = Array.from({ length: 40 }, () => storage.open(nameOf('busy')))
    for (const read of await Promise.all(reads)) {
      const { head, snapshot, tail } = unwrap(read)
      expect(tail).toHaveLength(head - (snapshot?.through ?? 0))
    }
    for (const landed of await Promise.all(appends)) unwrap(landed)
    for (const fold of await Promise.all(folds)) unwrap(fold)
    expect(unwrap(await storage.read(id)).head).toBe(80)
  })
}
