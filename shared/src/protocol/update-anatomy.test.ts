import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { forgedHistories, forgeHistory } from '../testing/forged-history.ts'
import type { Update } from '../bytes.ts'
import { anatomyOf, type UpdateAnatomy } from './update-anatomy.ts'
import { readUpdate } from './update.ts'

const stateOf = (doc: Y.Doc): Update => Y.encodeStateAsUpdate(doc) as Update // of a document it is one

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/** Every byte is counted, and once in each way of counting. */
const expectWhole = (update: Update, anatomy: UpdateAnatomy): void => {
  const { parts, roots, contents, clients, authors, structs } = anatomy
  expect(anatomy.bytes).toBe(update.length)
  expect(sum(Object.values(parts))).toBe(update.length)
  expect(Math.min(...Object.values(parts))).toBeGreaterThanOrEqual(0)
  expect(sum(roots.map(({ bytes }) => bytes))).toBe(parts.live + parts.deleted + parts.links)
  expect(sum(roots.map(({ deleted }) => deleted))).toBe(parts.deleted)
  expect(sum(contents.map(({ bytes }) => bytes))).toBe(parts.live + parts.deleted)
  const inStructs = parts.live + parts.deleted + parts.links + parts.collected
  expect(sum(clients.map(({ bytes }) => bytes))).toBe(inStructs)
  expect(sum(authors.map(({ bytes }) => bytes))).toBe(inStructs)
  const counted = structs.items + structs.collected + structs.gaps
  expect(sum(clients.map((client) => client.structs))).toBe(counted)
}

describe('the anatomy of an update', () => {
  it('tells what is there from what was deleted, and each root from the others', () => {
    const doc = new Y.Doc({ gc: false })
    doc.clientID = 7
    doc.getText('body').insert(0, 'a'.repeat(1_000))
    doc.getText('body').delete(100, 900)
    doc.getMap('settings').set('theme', 'dark')
    const anatomy = anatomyOf(stateOf(doc), [])
    expectWhole(stateOf(doc), anatomy)
    expect(anatomy.parts.deleted).toBeGreaterThanOrEqual(890)
    expect(anatomy.parts.live).toBeLessThan(140)
    expect(anatomy.roots.map(({ name }) => name)).toEqual(['body', 'settings'])
    expect(anatomy.clients).toMatchObject([{ client: 7 }])
    expect(anatomy.contents.map(({ kind }) => kind)).toEqual(['text', 'values'])
  })

  it.each([
    ['of as many clients', 500, 1],
    ['of one client', 1, 500],
  ])('looks at stamps a few times each, be there ever so many %s', (_, clients, each) => {
    const doc = new Y.Doc()
    let looks = 0
    const stamps: { client: number; clock: number; user: string }[] = []
    for (let client = 1; client <= clients; client++) {
      doc.clientID = client
      for (let clock = 0; clock < each; clock++) {
        doc.getArray('list').insert(0, [clock]) // in front: one struct each
        stamps.push({ client, clock, user: clock % 2 === 0 ? 'ann' : 'bob' })
      }
    }
    const counted = stamps.map(
      (stamp) =>
        new Proxy(stamp, {
          get(target, key: keyof typeof stamp) {
            looks++
            return target[key]
          },
        }),
    )
    const anatomy = anatomyOf(stateOf(doc), counted)
    expectWhole(stateOf(doc), anatomy)
    const wrote = new Set(anatomy.authors.map(({ user }) => user))
    expect(wrote).toEqual(new Set(each === 1 ? ['ann'] : ['ann', 'bob']))
    expect(looks).toBeLessThan(40 * clients * each)
  })

  it('tells what Yjs has collected, and whose stamp the rest has', () => {
    const doc = new Y.Doc()
    doc.clientID = 7
    const list = doc.getXmlFragment('default')
    list.insert(0, [new Y.XmlElement('p'), new Y.XmlElement('p')])
    const text = new Y.XmlText('gone with its paragraph')
    ;(list.get(0) as Y.XmlElement).insert(0, [text]) // put there above
    list.delete(0, 1)
    const clock = Y.decodeStateVector(Y.encodeStateVector(doc)).get(7) ?? 0
    ;(list.get(0) as Y.XmlElement).insert(0, [
      new Y.XmlText('by bob, and longer than all before it'),
    ])
    const stamps = [
      { client: 7, clock: 0, user: 'ann' },
      { client: 7, clock, user: 'bob' },
    ]
    const anatomy = anatomyOf(stateOf(doc), stamps)
    expectWhole(stateOf(doc), anatomy)
    expect(anatomy.structs.collected).toBeGreaterThan(0)
    expect(anatomy.authors.map(({ user }) => user)).toEqual(['bob', 'ann'])
    // what is deep inside is below the same root
    expect(anatomy.roots.map(({ name }) => name)).toEqual(['default'])
  })

  it('says of an update without its past that nobody can tell where it belongs', () => {
    const doc = new Y.Doc()
    doc.getText('body').insert(0, 'before')
    const before = Y.encodeStateVector(doc)
    doc.getText('body').insert(6, ' after')
    const update = Y.encodeStateAsUpdate(doc, before) as Update // the same
    const anatomy = anatomyOf(update, [])
    expectWhole(update, anatomy)
    expect(anatomy.roots).toMatchObject([{ name: null }])
  })

  it('counts every byte once, whatever was written', () => {
    const edits = fc.array(
      fc.record({
        who: fc.nat({ max: 2 }),
        what: fc.constantFrom('insert', 'delete', 'set', 'nest', 'format'),
        at: fc.nat({ max: 50 }),
        text: fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(edits, fc.boolean(), (list, gc) => {
        const docs = [1, 2, 3].map((clientID) => Object.assign(new Y.Doc({ gc }), { clientID }))
        for (const { who, what, at, text } of list) {
          const doc = docs[who]
          if (doc === undefined) continue
          const body = doc.getText('body')
          const from = Math.min(at, body.length)
          if (what === 'insert') body.insert(from, text)
          if (what === 'delete') body.delete(from, Math.min(5, body.length - from))
          if (what === 'set') doc.getMap(`map ${at % 3}`).set(text, at)
          if (what === 'nest') doc.getArray('list').insert(0, [new Y.Map([[text, at]])])
          if (what === 'format' && body.length > from) body.format(from, 1, { bold: at % 2 === 0 })
          const next = docs[(who + 1) % 3]
          if (next !== undefined && at % 4 === 0) Y.applyUpdate(next, stateOf(doc))
        }
        const merged = Y.mergeUpdates(docs.map(stateOf)) as Update // of updates it is one
        expectWhole(merged, anatomyOf(merged, [{ client: 1, clock: 3, user: 'ann' }]))
      }),
      { verbose: 1 },
    )
  })

  it('ends on histories that only forgers write, and counts them', () => {
    fc.assert(
      fc.property(forgedHistories, (history) => {
        for (const bytes of forgeHistory(history)) {
          const read = readUpdate(bytes)
          if (read.ok) expectWhole(read.value.update, anatomyOf(read.value.update, []))
        }
      }),
      { verbose: 1 },
    )
  })
})
