import { type DocId, type DocName, millis } from '@quire/shared'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DocumentFacts, ListQuestion, Storage } from '../../ports/storage.ts'
import { plainCreation } from './cataloguing.ts'
import { kindOf, type MakeStorage, nameOf, textUpdate, unwrap } from './fixture.ts'

/** What a catalogue is, without regard to cost: a heap of documents. */
interface ModelDocument {
  readonly id: DocId
  readonly name: DocName
  readonly head: number
  deletedAt: number | null
}

type Step =
  | { readonly kind: 'open' | 'create' | 'find'; readonly name: string }
  | { readonly kind: 'seed'; readonly name: string; readonly key: string }
  | { readonly kind: 'remove' | 'undelete'; readonly pick: number }
  | { readonly kind: 'purge'; readonly before: number; readonly limit: number }
  | {
      readonly kind: 'list'
      readonly prefix: string
      readonly search: string
      readonly limit: number
      readonly which: ListQuestion['which']
    }

// few of them, so that they meet; each is a neighbour of another in some way
const letters = ['a', 'B', '%', '_', '\\', '\u{1f600}', '\u{1f601}', '\uffff', '\u0001']
const text = (minLength: number) =>
  fc.string({ unit: fc.constantFrom(...letters), minLength, maxLength: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('create'), name: text(1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('open', 'find'), name: text(1) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('seed'),
      name: text(1),
      key: fc.constantFrom('k', 'l', 'K'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('remove', 'undelete'), pick: fc.nat() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('purge'), before: fc.nat(60), limit: fc.nat(3) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('list'),
      prefix: text(0),
      search: text(0),
      limit: fc.integer({ min: 1, max: 4 }),
      which: fc.constantFrom('present', 'deleted'),
    }),
  },
)

const byBytes = (one: ModelDocument, other: ModelDocument): number =>
  Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)) || one.id - other.id

class Model {
  documents: ModelDocument[] = []
  readonly keys = new Map<string, DocId>()

  there(name: string): ModelDocument | undefined {
    return this.documents.find((one) => one.name === name && one.deletedAt === null)
  }

  add({ id, name, head }: Pick<DocumentFacts, 'id' | 'name' | 'head'>): void {
    if (this.documents.some((one) => one.id === id)) throw new Error(`id ${id} was given twice`)
    this.documents.push({ id, name, head, deletedAt: null })
  }

  listed({ prefix, search, which }: Extract<Step, { kind: 'list' }>): ModelDocument[] {
    return this.documents
      .filter((one) => (one.deletedAt === null) === (which === 'present'))
      .filter(({ name }) => name.startsWith(prefix))
      .filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()))
      .toSorted(byBytes)
  }

  purged(before: number, limit: number): number {
    const due = this.documents
      .filter(({ deletedAt }) => deletedAt !== null && deletedAt < before)
      .toSorted((one, other) => Number(one.deletedAt) - Number(other.deletedAt))
      .slice(0, limit)
    this.documents = this.documents.filter((one) => !due.includes(one))
    for (const [key, id] of this.keys) if (due.some((one) => one.id === id)) this.keys.delete(key)
    return due.length
  }
}

const shown = ({ id, name, head, deletedAt }: ModelDocument) => ({ id, name, head, deletedAt })

const pagesOf = async (storage: Storage, taken: Extract<Step, { kind: 'list' }>) => {
  const { prefix, search, limit, which } = taken
  const all: DocumentFacts[] = []
  for (;;) {
    const question = { prefix, search, limit, which, after: all.at(-1) ?? null }
    const page = unwrap(await storage.list(question))
    all.push(...page)
    if (page.length < limit) return all
  }
}

const create = async (
  storage: Storage,
  model: Model,
  { name, key }: { readonly name: string; readonly key: string | null },
): Promise<void> => {
  const seed = key === null ? null : { update: textUpdate('seed'), authors: [] }
  const { kind, facts } = unwrap(
    await storage.create(nameOf(name), { ...plainCreation, key, seed }),
  )
  const made = key === null ? undefined : model.keys.get(key)
  if (made !== undefined) {
    expect([kind, facts.id]).toEqual(['repeated', made])
    return
  }
  const there = model.there(name)
  expect([kind, facts.name]).toEqual([there ? 'exists' : 'created', name])
  if (there) expect(facts.id).toBe(there.id)
  else model.add(facts)
  // an empty one that is there is taken for what was made under the key
  if (key !== null && (!there || there.head === 0)) model.keys.set(key, facts.id)
}

const perform = async (storage: Storage, model: Model, taken: Step, now: number): Promise<void> => {
  switch (taken.kind) {
    case 'open': {
      const there = model.there(taken.name)
      const isDeleted = model.documents.some(({ name }) => name === taken.name)
      const opened = await storage.open(nameOf(taken.name))
      if (!there && isDeleted) expect(kindOf(opened)).toBe('deleted')
      else if (there) expect(unwrap(opened)).toMatchObject({ id: there.id, head: there.head })
      else model.add({ ...unwrap(opened), name: nameOf(taken.name) })
      return
    }
    case 'create':
      return create(storage, model, { name: taken.name, key: null })
    case 'seed':
      return create(storage, model, taken)
    case 'find':
      expect(unwrap(await storage.find(nameOf(taken.name)))?.id).toBe(model.there(taken.name)?.id)
      return
    case 'remove': {
      const document = model.documents[taken.pick % model.documents.length]
      if (!document) return
      document.deletedAt ??= now
      expect(unwrap(await storage.remove(document.id, millis(now)))).toMatchObject(shown(document))
      return
    }
    case 'undelete': {
      const document = model.documents[taken.pick % model.documents.length]
      if (!document) return
      const isTaken = document.deletedAt !== null && model.there(document.name) !== undefined
      const facts = unwrap(await storage.undelete(document.id))
      if (!isTaken) document.deletedAt = null
      if (isTaken) expect(facts).toBe(null)
      else expect(facts).toMatchObject(shown(document))
      return
    }
    case 'purge':
      expect(unwrap(await storage.purge(millis(taken.before), taken.limit))).toBe(
        model.purged(taken.before, taken.limit),
      )
      return
    case 'list':
      expect((await pagesOf(storage, taken)).map(shown)).toEqual(model.listed(taken).map(shown))
  }
}

/** ST17 to ST21 at once: random histories against the model. */
export const catalogueModelRules = (make: MakeStorage, histories: number): void => {
  test('[ST17] [ST18] [ST19] [ST20] [ST21] any catalogue shows what the model shows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (history) => {
        const { storage, dispose } = await make()
        const model = new Model()
        try {
          for (const [i, taken] of history.entries()) await perform(storage, model, taken, i)
          for (const which of ['present', 'deleted'] as const)
            await perform(
              storage,
              model,
              { kind: 'list', prefix: '', search: '', limit: 3, which },
              0,
            )
          unwrap(await storage.purge(millis(history.length), history.length))
        } finally {
          await dispose()
        }
      }),
      { numRuns: histories },
    )
  })
}
