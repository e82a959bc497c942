import {
  at,
  expectSame,
  expectThat,
  keptIn,
  labelled,
  labelsIn,
  openIn,
  unwrap,
  until,
  type OfflineRule,
} from './fixture.ts'
import { unheard } from '../store.ts'

/** OS10, OS12 and OS13: what ends, and what does not. */
export const endingRules: readonly OfflineRule[] = [
  {
    title: '[OS10] clear forgets the document, and nothing else; it is open still',
    run: async (device) => {
      const tab = await device.tab()
      const other = (await openIn(tab, 'other')).document
      other.changedHere(labelled('stays'))
      const { document, problems } = await openIn(tab)
      document.changedHere(labelled('a'))
      document.moved(at(4))
      unwrap(await document.flush())
      const late = document.changedHere(labelled('b'))
      unwrap(await document.clear())
      unwrap(await other.flush())
      expectSame(unwrap(await tab.store.documents()), ['other'])
      document.saved([late])
      document.changedHere(labelled('c'))
      document.moved(at(1))
      await document.close()
      expectSame(problems, [])
      const { labels, unsaved, position } = await keptIn(tab)
      expectSame({ labels, unsaved, position }, { labels: ['c'], unsaved: ['c'], position: at(1) })
      await other.close()
      expectSame((await keptIn(tab, 'other')).unsaved, ['stays'])
    },
  },
  {
    title: '[OS10] clear forgets what was given before it, even in the same moment',
    run: async (device) => {
      const tab = await device.tab()
      const { document } = await openIn(tab)
      document.changedHere(labelled('a'))
      const [flushed, cleared] = await Promise.all([document.flush(), document.clear()])
      unwrap(flushed)
      unwrap(cleared)
      await document.close()
      expectSame((await keptIn(tab)).labels, [])
      expectSame(unwrap(await tab.store.documents()), [])
    },
  },
  {
    title: '[OS10] [OS13] clear is done, and answered, before a document is closed',
    run: async (device) => {
      const tab = await device.tab()
      const { document } = await openIn(tab)
      document.changedHere(labelled('a'))
      unwrap(await document.flush())
      let cleared: unknown = null
      const clearing = [document.clear(), document.clear()]
      void Promise.all(clearing).then((results) => (cleared = results.map(({ ok }) => ok)))
      await document.close()
      await until('it is answered', () => cleared !== null)
      expectSame(cleared, [true, true])
      expectSame((await keptIn(tab)).labels, [])
    },
  },
  {
    title: '[OS10] others are told of a clear, and keep nothing of what had its ground in it',
    run: async (device) => {
      const [one, two] = [await openIn(await device.tab()), await openIn(await device.tab())]
      one.document.changedHere(labelled('a'))
      await until('it is heard', () => two.heard.length > 0)
      unwrap(await one.document.clear())
      two.document.changedHere(labelled('lost ground'))
      await until('it is told', () => two.problems.length > 0)
      expectSame(
        two.problems.map((problem) => problem?.kind),
        ['cleared'],
      )
      const flushed = await two.document.flush()
      expectSame(flushed.ok ? null : flushed.error.kind, 'cleared')
      one.document.changedHere(labelled('b'))
      unwrap(await one.document.flush())
      await two.document.close()
      const { labels, unsaved } = await keptIn(await device.tab())
      expectSame({ labels, unsaved }, { labels: ['b'], unsaved: [] })
      expectSame(labelsIn(two.heard), ['a'])
    },
  },
  {
    title: '[OS12] documents are told apart code point by code point, and all are found again',
    run: async (device) => {
      const names = [
        'notes',
        'Notes',
        'a/b',
        '../x',
        '..',
        'ä',
        'a\u0308',
        '__proto__',
        '👩‍👩‍👧',
        'con',
        'x'.repeat(1024),
      ]
      const tab = await device.tab()
      for (const [i, name] of names.entries()) {
        const { document } = await openIn(tab, name)
        document.changedHere(labelled(`${i}`))
        await document.close()
      }
      expectSame([...unwrap(await tab.store.documents())].toSorted(), names.toSorted())
      await tab.crash()
      const later = await device.tab()
      for (const [i, name] of names.entries())
        expectSame((await keptIn(later, name)).labels, [`${i}`])
      expectSame([...unwrap(await later.store.documents())].toSorted(), names.toSorted())
    },
  },
  {
    title: '[OS10] nobody hears of the epoch of what was cleared',
    run: async (device) => {
      const [one, other] = [await openIn(await device.tab()), await openIn(await device.tab())]
      one.document.moved(at(0, 7))
      one.document.changedHere(labelled('a'))
      await until('the other has heard', () => other.labels().length === 1)
      unwrap(await one.document.clear())
      await until('the other knows', () => other.problems.at(-1)?.kind === 'cleared')
      other.document.moved(at(1, 8)) // of what it has, and nobody else any more
      const late = await openIn(await device.tab())
      one.document.changedHere(labelled('b'))
      await until('who comes later hears', () => late.labels().includes('b'))
      expectSame([late.epochs, one.epochs, late.document.kept.position], [[], [], null])
    },
  },
  {
    title: '[OS12] what is no name of a document is refused',
    run: async (device) => {
      const { store } = await device.tab()
      for (const name of ['', '\ud800', 'x'.repeat(1025)]) {
        const opened = await store.open(name, unheard)
        expectThat(!opened.ok && opened.error.message.startsWith('document name '), 'it is refused')
      }
    },
  },
  {
    title: '[OS13] a closed document keeps nothing, says so, and throws nothing',
    run: async (device) => {
      const tab = await device.tab()
      const { document, heard } = await openIn(tab)
      document.changedHere(labelled('a'))
      await document.close()
      document.changedHere(labelled('b'))
      document.changedThere(labelled('c'))
      document.saved([1])
      document.moved(at(1))
      for (const result of [await document.flush(), await document.clear()])
        expectSame(result.ok ? null : result.error.kind, 'unavailable')
      await document.close()
      const again = await openIn(tab)
      again.document.changedHere(labelled('d'))
      unwrap(await again.document.flush())
      expectSame(again.labels(), ['a'])
      expectSame(heard, [])
      await again.document.close()
    },
  },
  {
    title: '[OS13] a closed store has closed its documents, and opens no more',
    run: async (device) => {
      const tab = await device.tab()
      const { document } = await openIn(tab)
      document.changedHere(labelled('a'))
      await Promise.all([tab.store.close(), tab.store.close()])
      for (const result of [await tab.store.open('notes', unheard), await tab.store.documents()])
        expectSame(result.ok ? null : result.error.kind, 'unavailable')
      await tab.crash()
      expectSame((await keptIn(await device.tab())).unsaved, ['a'])
    },
  },
]
