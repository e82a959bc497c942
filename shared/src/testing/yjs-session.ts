/*
 * Random editing sessions of real Yjs documents: every shared type, every content, clients with and without
 * garbage collection that hear of each other late. A plan is data, so a failure prints and shrinks; running
 * one gives the updates that real clients would have sent.
 */
import fc from 'fast-check'
import * as Y from 'yjs'
import { anyValues, jsonValues, texts } from './values.ts'

/** One edit; positions are taken modulo what is there. */
export type Edit =
  | { readonly kind: 'text'; readonly at: number; readonly text: string; readonly bold?: unknown }
  | { readonly kind: 'embed'; readonly at: number; readonly value: object }
  | { readonly kind: 'format'; readonly at: number; readonly size: number; readonly value: unknown }
  | { readonly kind: 'cut'; readonly at: number; readonly size: number }
  | { readonly kind: 'set'; readonly key: string; readonly value: unknown }
  | { readonly kind: 'set-type'; readonly key: string; readonly type: number }
  | { readonly kind: 'set-document'; readonly key: string; readonly options: object }
  | { readonly kind: 'unset'; readonly key: string }
  | { readonly kind: 'push'; readonly at: number; readonly values: readonly unknown[] }
  | { readonly kind: 'push-type'; readonly at: number; readonly type: number }
  | { readonly kind: 'pull'; readonly at: number; readonly size: number }
  | { readonly kind: 'node'; readonly at: number; readonly type: number; readonly name: string }
  | { readonly kind: 'attribute'; readonly at: number; readonly value: string }
  | { readonly kind: 'remove-node'; readonly at: number }

/** A client edits, or hears all that another one knows. */
export type Step =
  | { readonly kind: 'edit'; readonly by: number; readonly edits: readonly Edit[] }
  | { readonly kind: 'hear'; readonly from: number; readonly to: number }

/** Who takes part and what they do, in order. */
export interface SessionPlan {
  readonly clients: readonly { readonly client: number; readonly gc: boolean }[]
  readonly steps: readonly Step[]
}

/** What a plan led to. */
export interface Session {
  /** One document per client; they have not all heard of everything. */
  readonly docs: readonly Y.Doc[]
  /** Every update a client sent, in the order of time. */
  readonly updates: readonly Uint8Array[]
}

const positions = fc.nat({ max: 30 })
const keys = fc.constantFrom('a', 'b', '', '__proto__')
const formats = fc.oneof(fc.constantFrom<unknown>(true, null, 'red'), jsonValues)
/** What Y.Array takes at its top level; anything goes below it. */
const items = fc.oneof(
  fc.constantFrom<unknown>(null, true, 7, 'item'),
  fc.uint8Array({ maxLength: 4 }),
  anyValues.map((value) => ({ value })),
  anyValues.map((value) => [value]),
)

/** Edits of every kind. */
export const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), at: positions, text: texts }),
  fc.record({ kind: fc.constant('text' as const), at: positions, text: texts, bold: formats }),
  fc.record({
    kind: fc.constant('embed' as const),
    at: positions,
    value: jsonValues.map(inObject),
  }),
  fc.record({
    kind: fc.constant('format' as const),
    at: positions,
    size: positions,
    value: formats,
  }),
  fc.record({ kind: fc.constant('cut' as const), at: positions, size: positions }),
  fc.record({ kind: fc.constant('set' as const), key: keys, value: anyValues }),
  fc.record({ kind: fc.constant('set-type' as const), key: keys, type: positions }),
  fc.record({
    kind: fc.constant('set-document' as const),
    key: keys,
    options: fc.constantFrom({}, { gc: false }, { autoLoad: true }, { meta: { a: [1n] } }),
  }),
  fc.record({ kind: fc.constant('unset' as const), key: keys }),
  fc.record({
    kind: fc.constant('push' as const),
    at: positions,
    values: fc.array(items, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('push-type' as const), at: positions, type: positions }),
  fc.record({ kind: fc.constant('pull' as const), at: positions, size: positions }),
  fc.record({
    kind: fc.constant('node' as const),
    at: positions,
    type: positions,
    name: fc.constantFrom('p', '', 'constructor'),
  }),
  fc.record({ kind: fc.constant('attribute' as const), at: positions, value: texts }),
  fc.record({ kind: fc.constant('remove-node' as const), at: positions }),
)

function inObject(value: unknown): object {
  return { value }
}

/** Client ids as Yjs draws them (32 bits), and the small and the largest ones that the format can carry. */
const clientIds = fc.oneof(
  fc.nat({ max: 3 }),
  fc.nat({ max: 2 ** 32 - 1 }),
  fc.constantFrom(2 ** 32 - 1, 2 ** 53 - 1),
)

/** Sessions of two to four clients. */
export const sessionPlans: fc.Arbitrary<SessionPlan> = fc.record({
  clients: fc.uniqueArray(fc.record({ client: clientIds, gc: fc.boolean() }), {
    minLength: 2,
    maxLength: 4,
    selector: ({ client }) => client,
  }),
  steps: fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('edit' as const),
          by: fc.nat({ max: 3 }),
          edits: fc.array(edits, { minLength: 1, maxLength: 3 }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('hear' as const),
          from: fc.nat({ max: 3 }),
          to: fc.nat({ max: 3 }),
        }),
      },
    ),
    { minLength: 4, maxLength: 24, size: 'max' },
  ),
})

const HEARD = 'heard'

/** Runs a plan. */
export const runSession = ({ clients, steps }: SessionPlan): Session => {
  const updates: Uint8Array[] = []
  const docs = clients.map(({ client, gc }) => {
    const doc = new Y.Doc({ gc })
    doc.clientID = client
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== HEARD) updates.push(update)
    })
    return doc
  })
  const at = (index: number): Y.Doc => docs[index % docs.length] as Y.Doc // at least two
  for (const step of steps) {
    if (step.kind === 'edit') {
      const doc = at(step.by)
      doc.transact(() => {
        for (const edit of step.edits) applyEdit(doc, edit)
      })
    } else {
      const [from, to] = [at(step.from), at(step.to)]
      Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)), HEARD)
    }
  }
  return { docs, updates }
}

const newTypes: readonly (() => Y.AbstractType<unknown>)[] = [
  () => new Y.Array() as Y.AbstractType<unknown>,
  () => new Y.Map() as Y.AbstractType<unknown>,
  () => new Y.Text('nested') as Y.AbstractType<unknown>,
  () => new Y.XmlElement('div') as Y.AbstractType<unknown>,
  () => new Y.XmlFragment() as Y.AbstractType<unknown>,
  () => new Y.XmlHook('hook') as Y.AbstractType<unknown>,
  () => new Y.XmlText('nested') as Y.AbstractType<unknown>,
]

const newType = (index: number): Y.AbstractType<unknown> =>
  // the modulus keeps it inside the list
  (newTypes[index % newTypes.length] as () => Y.AbstractType<unknown>)()

/** Edits a document, with positions and sizes made to fit. */
export const applyEdit = (doc: Y.Doc, edit: Edit): void => {
  const text = doc.getText('text')
  const array = doc.getArray<unknown>('array')
  const map = doc.getMap('map')
  const xml = doc.getXmlFragment('xml')
  const within = (at: number, length: number): number => at % (length + 1)
  switch (edit.kind) {
    case 'text': {
      const attributes = 'bold' in edit ? { bold: edit.bold } : undefined
      return text.insert(within(edit.at, text.length), edit.text, attributes)
    }
    case 'embed':
      return text.insertEmbed(within(edit.at, text.length), edit.value)
    case 'format': {
      const at = within(edit.at, text.length)
      return text.format(at, within(edit.size, text.length - at), { italic: edit.value })
    }
    case 'cut': {
      const at = within(edit.at, text.length)
      return text.delete(at, within(edit.size, text.length - at))
    }
    case 'set':
      return void map.set(edit.key, edit.value)
    case 'set-type':
      return void map.set(edit.key, newType(edit.type))
    case 'set-document':
      return void map.set(edit.key, new Y.Doc({ guid: `guid of ${edit.key}`, ...edit.options }))
    case 'unset':
      return map.delete(edit.key)
    case 'push':
      return array.insert(within(edit.at, array.length), [...edit.values])
    case 'push-type':
      return array.insert(within(edit.at, array.length), [newType(edit.type)])
    case 'pull': {
      const at = within(edit.at, array.length)
      return array.delete(at, within(edit.size, array.length - at))
    }
    case 'node': {
      const node = edit.type % 2 === 0 ? new Y.XmlElement(edit.name) : new Y.XmlText(edit.name)
      return xml.insert(within(edit.at, xml.length), [node])
    }
    case 'attribute': {
      const node = xml.length === 0 ? null : xml.get(edit.at % xml.length)
      if (!(node instanceof Y.XmlElement)) return
      node.setAttribute('title', edit.value)
      return node.insert(within(edit.at, node.length), [new Y.XmlText(edit.value)])
    }
    case 'remove-node':
      if (xml.length > 0) xml.delete(edit.at % xml.length)
  }
}
