/* First sync, and what documents hold. */
import { Array as YArray, Doc, Map as YMap, Text, XmlElement, XmlText } from 'yjs'
import { haveConverged } from '../../harness/contents.ts'
import type { Client } from '../families/family.ts'
import type { Case, Scene, Theme } from './case.ts'

const MIB = 1024 * 1024

/** Three who edit at once, and a newcomer, come to the same. */
const converge =
  (edit: (doc: Doc, number: number) => void, check: (doc: Doc) => void) =>
  async (scene: Scene): Promise<void> => {
    const server = await scene.shared()
    const people = await Promise.all([1, 2, 3].map(() => scene.synced(server)))
    for (let stroke = 0; stroke < 5; stroke++)
      for (const [i, { doc }] of people.entries()) doc.transact(() => edit(doc, i))
    await allEqual(scene, people)
    const newcomer = await scene.synced(server)
    await allEqual(scene, [...people, newcomer])
    check(newcomer.doc)
  }

const allEqual = (scene: Scene, [first, ...others]: readonly Client[]): Promise<void> =>
  scene.until(
    'all hold the same',
    () => first !== undefined && others.every((other) => haveConverged(first, other)),
  )

const expectLength = (what: string, length: number, expected: number): void => {
  if (length !== expected) throw new Error(`${what}: ${length}, expected ${expected}`)
}

const convergence: readonly Case[] = [
  {
    title: 'texts converge, formats and emoji too',
    run: converge(
      (doc, i) => {
        const text = doc.getText('text')
        text.insert(0, `${i} 😀 `)
        text.format(0, 1, { bold: true })
        text.insertEmbed(text.length, { image: i })
      },
      (doc) => expectLength('characters', doc.getText('text').length, 15 * 6),
    ),
  },
  {
    title: 'maps converge, nested ones too',
    run: converge(
      (doc, i) => {
        const map = doc.getMap('map')
        map.set(`of ${i}`, { a: [1, null, 'é'], binary: Uint8Array.of(1, 2, 3) })
        map.set('of all', i)
        map.set(`nested ${i}`, new YMap([['text', new Text(`${i}`)]]))
        map.set(`gone ${i}`, i)
        map.delete(`gone ${i}`)
      },
      (doc) => expectLength('keys', doc.getMap('map').size, 7),
    ),
  },
  {
    title: 'arrays converge, nested ones too',
    run: converge(
      (doc, i) => {
        const list = doc.getArray('list')
        list.insert(0, [i, new Date(0).toISOString(), YArray.from([i]), true])
        list.delete(list.length - 1, 1)
      },
      (doc) => expectLength('entries', doc.getArray('list').length, 15 * 3),
    ),
  },
  {
    title: 'XML fragments converge',
    run: converge(
      (doc, i) => {
        const paragraph = new XmlElement('p')
        paragraph.setAttribute('of', `${i}`)
        paragraph.insert(0, [new XmlText(`${i}`)])
        doc.getXmlFragment('xml').insert(0, [paragraph])
      },
      (doc) => expectLength('paragraphs', doc.getXmlFragment('xml').length, 15),
    ),
  },
]

/** What a document is too large for one glance. */
const size: readonly Case[] = [
  {
    title: 'an update of 5 MB arrives, and is there for a newcomer',
    async run(scene) {
      const server = await scene.own()
      const [writer, reader] = await Promise.all([scene.synced(server), scene.synced(server)])
      writer.doc.getText('text').insert(0, 'x'.repeat(5 * MIB))
      const has = ({ doc }: Client): boolean => doc.getText('text').length === 5 * MIB
      await scene.until('the other has it', () => has(reader))
      const newcomer = await scene.synced(server)
      await scene.until('a newcomer has it', () => has(newcomer))
    },
  },
  {
    title: '10,000 tiny updates arrive in order, and none is counted twice or never',
    async run(scene) {
      const server = await scene.shared()
      const [writer, reader] = await Promise.all([scene.synced(server), scene.synced(server)])
      const list = writer.doc.getArray<number>('list')
      for (let i = 0; i < 10_000; i++) list.push([i])
      await scene.until('the other has all', () => haveConverged(writer, reader))
      await scene.until('they are shown as saved', () => writer.isSaved() !== false)
      const newcomer = await scene.synced(server)
      await scene.until('a newcomer has all', () => haveConverged(writer, newcomer))
      const entries = newcomer.doc.getArray<number>('list').toArray()
      if (entries.some((entry, i) => entry !== i)) throw new Error('they are not in order')
    },
  },
]

/** What clients edit comes to the same. */
export const content: Theme = {
  title: 'content',
  cases: [
    {
      title: 'a newcomer has what is there when it says that it is synced',
      async run(scene) {
        const server = await scene.shared()
        const writer = await scene.synced(server)
        writer.doc.getText('text').insert(0, 'what is there')
        await scene.until('it is saved', () => writer.isSaved() !== false)
        const watcher = await scene.synced(server)
        await scene.until('it has arrived', () => haveConverged(writer, watcher))
        const newcomer = await scene.synced(server)
        if (newcomer.doc.getText('text').toJSON() !== 'what is there')
          throw new Error('it is synced without what is there')
      },
    },
    {
      title: 'what was written before the connection is sent with it',
      async run(scene) {
        const server = await scene.shared()
        const doc = new Doc()
        doc.getText('text').insert(0, 'from before')
        const reader = await scene.synced(server)
        await scene.synced(server, { doc })
        await scene.until('the other has it', () => haveConverged(reader, { doc }))
      },
    },
    ...convergence,
    {
      title: 'a subdocument keeps its guid, and is a document of its own',
      async run(scene) {
        const server = await scene.shared()
        const [writer, reader] = await Promise.all([scene.synced(server), scene.synced(server)])
        const guid = `${scene.document}-sub`
        writer.doc.getMap('map').set('sub', new Doc({ guid }))
        const found = (): unknown => reader.doc.getMap('map').get('sub')
        await scene.until('the other finds it', () => found() instanceof Doc)
        const sub = found()
        if (!(sub instanceof Doc) || sub.guid !== guid) throw new Error('its guid is another one')
        const inIt = await scene.synced(server, { document: guid, doc: sub })
        inIt.doc.getText('text').insert(0, 'inside')
        const other = await scene.synced(server, { document: guid })
        await scene.until('what is in it is shared', () => haveConverged(inIt, other))
      },
    },
    ...size,
  ],
}
