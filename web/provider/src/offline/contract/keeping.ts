import { EMPTY_UPDATE, type Update } from '@quire/shared'
import {
  at,
  expectSame,
  expectThat,
  keptIn,
  labelled,
  labelsInOrder,
  openIn,
  unwrap,
  until,
  type OfflineRule,
} from './fixture.ts'

/** OS1 to OS5: one opener at a time. */
export const keepingRules: readonly OfflineRule[] = [
  {
    title: '[OS1] a document of which nothing is kept opens empty, and looking keeps nothing',
    run: async (device) => {
      const tab = await device.tab()
      for (const name of ['notes', 'notes', 'other'])
        expectSame(await keptIn(tab, name), {
          updates: [],
          position: null,
          labels: [],
          unsaved: [],
        })
      expectSame(unwrap(await tab.store.documents()), [])
    },
  },
  {
    title: '[OS2] what was given comes back whole and in order',
    run: async (device) => {
      const tab = await device.tab()
      const { document } = await openIn(tab)
      document.changedThere(labelled('a'))
      document.changedHere(labelled('b'))
      document.changedThere(labelled('c'))
      unwrap(await document.flush())
      document.changedHere(labelled('d'))
      document.changedThere(labelled('e'))
      await document.close()
      const again = await keptIn(tab)
      expectSame(labelsInOrder(again.updates), ['a', 'b', 'c', 'd', 'e'])
      await tab.crash()
      const later = await keptIn(await device.tab())
      expectSame(labelsInOrder(later.updates), ['a', 'b', 'c', 'd', 'e'])
    },
  },
  {
    title: '[OS2] bytes come back as they went in',
    run: async (device) => {
      const tab = await device.tab()
      const { document } = await openIn(tab)
      const whole = Uint8Array.from({ length: 70_000 }, (_, i) => i * 31)
      const updates = [
        EMPTY_UPDATE,
        whole.subarray(0, 1) as Update, // a store does not look inside
        whole.subarray(5, 300) as Update,
        whole as Update,
      ]
      for (const update of updates) document.changedHere(update)
      document.changedThere(EMPTY_UPDATE)
      await document.close()
      const { kept } = (await openIn(tab)).document
      const expected = [...updates, EMPTY_UPDATE].map((bytes) => Array.from(bytes))
      expectSame(
        kept.updates.map((bytes) => Array.from(bytes)),
        expected,
      )
      expectSame(
        kept.unsaved.map(({ update }) => Array.from(update)),
        expected.slice(0, -1),
      )
    },
  },
  {
    title: '[OS3] what was changed here is unsaved until it is said to be saved',
    run: async (device) => {
      const tab = await device.tab()
      const before = Date.now()
      const first = (await openIn(tab)).document
      const keys = ['a', 'b', 'c', 'd'].map((label) => first.changedHere(labelled(label)))
      expectThat(
        keys.every((key, i) => i === 0 || key > (keys[i - 1] ?? key)),
        'keys increase',
      )
      first.changedThere(labelled('e'))
      first.saved(keys.slice(0, 1)) // not written yet
      unwrap(await first.flush())
      first.saved([...keys.slice(2, 3), 99])
      await first.close()

      const second = (await openIn(tab)).document
      expectSame(labelsInOrder(second.kept.unsaved.map(({ update }) => update)), ['b', 'd'])
      expectThat(
        second.kept.unsaved.every(({ at: time }) => time >= before && time <= Date.now()),
        'they have their times',
      )
      const more = second.changedHere(labelled('f'))
      const [b, d] = second.kept.unsaved.map(({ key }) => key)
      expectThat(b !== undefined && d !== undefined && b < d && d < more, 'keys increase')
      second.saved([b ?? 0])
      await second.close()
      const third = await keptIn(tab)
      expectSame(third.unsaved, ['d', 'f'])
      expectSame(third.labels, ['a', 'b', 'c', 'd', 'e', 'f'])
    },
  },
  {
    title: '[OS4] the position is the last one, and never goes back within an epoch',
    run: async (device) => {
      const tab = await device.tab()
      const first = (await openIn(tab)).document
      first.changedThere(labelled('a'))
      first.moved(at(3))
      first.moved(at(2))
      await first.close()
      const second = (await openIn(tab)).document
      expectSame(second.kept.position, at(3))
      second.moved(at(1))
      unwrap(await second.flush())
      second.moved(at(7))
      await second.close()
      const third = (await openIn(tab)).document
      expectSame(third.kept.position, at(7))
      third.moved(at(2, 9))
      await third.close()
      expectSame((await keptIn(tab)).position, at(2, 9))
    },
  },
  {
    title: '[OS5] what was given before a flush resolves survives a crash',
    run: async (device) => {
      const tab = await device.tab()
      const { document } = await openIn(tab)
      const key = document.changedHere(labelled('a'))
      document.changedHere(labelled('b'))
      document.changedThere(labelled('c'))
      document.moved(at(5))
      unwrap(await document.flush())
      document.saved([key])
      unwrap(await document.flush())
      unwrap(await document.flush()) // nothing more
      await tab.crash()
      const { labels, unsaved, position } = await keptIn(await device.tab())
      expectSame(
        { labels, unsaved, position },
        { labels: ['a', 'b', 'c'], unsaved: ['b'], position: at(5) },
      )
    },
  },
  {
    title: '[OS5] what an opener was told is kept survives a crash',
    run: async (device) => {
      const tab = await device.tab()
      const { document, keptUpTo } = await openIn(tab)
      document.changedThere(labelled('a'))
      const keys = ['b', 'c', 'd'].map((label) => document.changedHere(labelled(label)))
      expectSame(keptUpTo, [])
      await until('it is kept', () => keptUpTo.at(-1) === keys.at(-1))
      await tab.crash()
      const { labels, unsaved } = await keptIn(await device.tab())
      expectSame(unsaved, ['b', 'c', 'd'])
      expectThat(
        ['b', 'c', 'd'].every((label) => labels.includes(label)),
        'they are in the document',
      )
    },
  },
  {
    title: '[OS5] without a flush what was changed here is written at once, all else soon',
    run: async (device) => {
      const tab = await device.tab()
      const { document } = await openIn(tab)
      document.changedHere(labelled('a'))
      document.changedThere(labelled('b'))
      const other = await device.tab()
      await until('it is kept', async () => (await keptIn(other)).labels.length === 2)
    },
  },
]
