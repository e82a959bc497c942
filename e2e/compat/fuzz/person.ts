/*
 * Somebody with a stock client behind a line of their own, who edits at random. Kept is what they have made,
 * and how much of it their client has ever shown as saved.
 */
import { Array as YArray, Map as YMap, Text, XmlElement, XmlText, type Doc } from 'yjs'
import { startHttpProxy } from '../../harness/http-proxy.ts'
import { between, type Random } from '../../harness/random.ts'
import type { Client, Family } from '../families/family.ts'
import { openLine, type Line } from './weather.ts'

/** How often it is looked at what a client shows, milliseconds. */
const LOOK_MS = 2

/** Somebody who edits. */
export interface Person {
  readonly client: Client
  readonly line: Line
  /** Updates that this person has made, in order. */
  readonly made: readonly Uint8Array[]
  /** How many of them were shown as saved, at the most. */
  promised(): number
  edit(): void
  show(): void
  /** Goes for good. */
  leave(): Promise<void>
}

let nextNumber = 1

/** Where people work, and how. */
export interface Desk {
  readonly document: string
  readonly random: Random
  /** Whether they also delete and format, by which updates of nothing but deletes come about. */
  readonly deletes: boolean
}

/** Brings somebody to a document. */
export const bringPerson = async (
  family: Family,
  server: { readonly port: number },
  { document, random, deletes }: Desk,
): Promise<Person> => {
  const proxy =
    family.isBlocked === true ? await startHttpProxy(server.port, { webSockets: 'refuse' }) : null
  const line = await openLine(proxy?.port ?? server.port)
  const client = family.open(line, { document })
  const number = nextNumber++
  const made: Uint8Array[] = []
  let promised = 0
  let edits = 0
  let isEditing = false
  client.doc.on('update', (update: Uint8Array) => {
    if (isEditing) made.push(update)
  })
  const look = (): void => {
    if (client.isSaved() === true) promised = made.length
  }
  const looking = setInterval(look, LOOK_MS)
  return {
    client,
    line,
    made,
    promised: () => promised,
    edit() {
      isEditing = true
      const word = `${number}.${++edits} `
      client.doc.transact(() => editOnce(client.doc, { random, word, deletes }))
      isEditing = false
      look()
    },
    show: () => client.awareness.setLocalState({ person: number, at: between(random, 0, 999) }),
    async leave() {
      look()
      clearInterval(looking)
      client.destroy()
      await line.close()
      await proxy?.close()
    },
  }
}

/**
 * The same place, or the one before it where it is inside of a surrogate pair, as in every editor: what stands
 * where a pair is parted depends on the order in which Yjs hears of it.
 */
const wholeAt = (text: Text, at: number): number =>
  /^[\uDC00-\uDFFF]/.test(text.toJSON().slice(at)) ? at - 1 : at

/** One edit of a type of the document; `word` is nobody else's. */
const editOnce = (
  doc: Doc,
  { random, word, deletes }: { random: Random; word: string; deletes: boolean },
): void => {
  const text = doc.getText('text')
  const list = doc.getArray<string>('list')
  const map = doc.getMap('map')
  const xml = doc.getXmlFragment('xml')
  const at = (length: number): number => between(random, 0, length)
  const place = (): number => wholeAt(text, at(text.length))
  const inserts: readonly (() => void)[] = [
    () => text.insert(place(), word),
    () => text.insert(place(), '😀 é '),
    () => list.insert(at(list.length), [word]),
    () => map.set(`key ${between(random, 0, 9)}`, word),
    () =>
      map.set(
        'nested',
        new YMap([
          ['list', YArray.from([word])],
          ['text', new Text(word)],
        ]),
      ),
    () => xml.insert(at(xml.length), [new XmlElement('p'), new XmlText(word)]),
  ]
  const others: readonly (() => void)[] = [
    () => {
      const from = place()
      text.delete(from, wholeAt(text, Math.min(text.length, from + 3)) - from)
    },
    () => {
      const from = place()
      const length = wholeAt(text, Math.min(text.length, from + 5)) - from
      if (length > 0) text.format(from, length, { bold: random() < 0.5 })
    },
    () => list.length > 0 && list.delete(at(list.length - 1), 1),
    () => map.delete(`key ${between(random, 0, 9)}`),
    () => xml.length > 0 && xml.delete(at(xml.length - 1), 1),
  ]
  const edits = deletes ? [...inserts, ...others] : inserts
  edits[between(random, 0, edits.length - 1)]?.()
}
