import {
  at,
  expectSame,
  expectThat,
  keptIn,
  labelled,
  labelOfUnsaved,
  labelsIn,
  labelsInOrder,
  openIn,
  turn,
  unwrap,
  until,
  type OfflineRule,
  type Opened,
} from './fixture.ts'

/** OS6 to OS9: several who have a document open. */
export const sharingRules: readonly OfflineRule[] = [
  {
    title: '[OS6] openers hear of which epoch the document is, before they hear anything of it',
    run: async (device) => {
      const [one, other] = [await openIn(await device.tab()), await openIn(await device.tab())]
      one.document.moved(at(0, 7))
      one.document.changedHere(labelled('a'))
      await until('the other has heard', () => other.labels().length === 1)
      expectSame(other.epochs, [7])
      const late = await openIn(await device.tab())
      await until(
        'who comes later knows it',
        () => late.epochs.includes(7) || late.document.kept.position?.epoch === 7,
      )
      expectSame(one.epochs, [])
    },
  },
  {
    title: '[OS6] openers hear what the others are given, once, and not what they were given',
    run: async (device) => {
      const [one, two] = [await openIn(await device.tab()), await openIn(await device.tab())]
      const other = await openIn(await device.tab(), 'other')
      one.document.changedHere(labelled('a'))
      unwrap(await one.document.flush())
      two.document.changedThere(labelled('b'))
      unwrap(await two.document.flush())
      one.document.changedThere(labelled('c'))
      unwrap(await one.document.flush())
      await until('two hears it', () => two.heard.length >= 2)
      await until('one hears it', () => one.heard.length >= 1)
      expectSame(labelsInOrder(two.heard), ['a', 'c'])
      expectSame(labelsInOrder(one.heard), ['b'])
      expectSame([other.heard.length, one.inherited.length, two.inherited.length], [0, 0, 0])
      expectSame([...one.problems, ...two.problems], [])
    },
  },
  {
    title: '[OS6] two openers of one tab are two',
    run: async (device) => {
      const tab = await device.tab()
      const [one, two] = [await openIn(tab), await openIn(tab)]
      one.document.changedHere(labelled('a'))
      await until('the other hears it', () => two.heard.length > 0)
      await one.document.close()
      await until('and inherits it', () => two.inherited.length > 0)
      two.document.changedHere(labelled('b'))
      await two.document.close()
      expectSame((await keptIn(tab)).labels, ['a', 'b'])
    },
  },
  {
    title: '[OS7] whoever opens a document while it changes misses nothing',
    run: async (device) => {
      const writer = await openIn(await device.tab())
      const labels: string[] = []
      const readers: Opened[] = []
      for (let i = 0; i < 12; i++) {
        const opening = device.tab().then((tab) => openIn(tab))
        for (let n = 0; n < 5; n++) {
          const label = `${String(i).padStart(2, '0')}.${n}`
          labels.push(label)
          writer.document.changedHere(labelled(label))
          if (n % 2 === 0) await turn()
        }
        readers.push(await opening)
      }
      for (const reader of readers)
        await until('all is read or heard', () => reader.labels().length === labels.length)
    },
  },
  {
    title: '[OS8] what the others have kept is not kept again',
    run: async (device) => {
      const openers: Opened[] = []
      for (let i = 0; i < 4; i++) openers.push(await openIn(await device.tab()))
      const [first] = openers
      if (first === undefined) throw new Error('nobody has opened it')
      const updates = Array.from({ length: 20 }, (_, i) => labelled(`from the server ${i}`))
      for (const { document } of openers) {
        for (const update of updates) document.changedThere(update)
        document.moved(at(20))
      }
      unwrap(await first.document.flush())
      // one who has heard this has heard all before it
      first.document.changedHere(labelled('last'))
      for (const { document, labels } of openers) {
        await until('it is heard', () => document === first.document || labels().includes('last'))
        unwrap(await document.flush())
      }
      const { updates: kept, position } = await keptIn(await device.tab())
      expectSame(labelsIn(kept).length, 21)
      expectThat(kept.length <= 41, `twenty updates are not kept ${kept.length / 20} times`)
      expectSame(position, at(20))
    },
  },
  {
    title: '[OS9] who closes a document leaves what is unsaved to the next opener',
    run: async (device) => {
      const tab = await device.tab()
      const one = (await openIn(tab)).document
      one.changedHere(labelled('a'))
      await Promise.all([one.close(), one.close()])
      const two = (await openIn(tab)).document
      expectSame(two.kept.unsaved.map(labelOfUnsaved), ['a'])
      const three = (await openIn(await device.tab())).document
      expectSame(three.kept.unsaved, [])
      expectSame(labelsIn(three.kept.updates), ['a'])
    },
  },
  {
    title: '[OS9] who crashes leaves what is unsaved to exactly one of those who come next',
    run: async (device) => {
      const tab = await device.tab()
      const one = (await openIn(tab)).document
      const keys = ['a', 'b', 'c'].map((label) => one.changedHere(labelled(label)))
      one.saved(keys.slice(1, 2))
      unwrap(await one.flush())
      await tab.crash()
      const next = [await device.tab(), await device.tab(), await device.tab()]
      const openers = await Promise.all(next.map((each) => openIn(each)))
      const all = (): readonly string[] =>
        openers.flatMap(({ document, inherited }) =>
          [...document.kept.unsaved, ...inherited].map(labelOfUnsaved),
        )
      await until('somebody has them', () => all().length >= 2)
      expectSame([...all()].toSorted(), ['a', 'c'])
      for (const { document } of openers)
        expectSame(labelsIn(document.kept.updates), ['a', 'b', 'c'])
    },
  },
  {
    title: '[OS9] who leaves others behind leaves what is unsaved to exactly one of them',
    run: async (device) => {
      const tabs = [await device.tab(), await device.tab(), await device.tab(), await device.tab()]
      const openers: Opened[] = []
      for (const tab of tabs) openers.push(await openIn(tab))
      const inherited = (): readonly string[] =>
        openers.flatMap((opener) => opener.inherited.map(labelOfUnsaved)).toSorted()
      const expected: string[] = []
      for (const [i, { document }] of openers.entries()) {
        document.changedHere(labelled(`${i}`))
        unwrap(await document.flush())
      }
      for (const [i, opener] of openers.slice(0, -1).entries()) {
        if (i % 2 === 0 && device.crashesAlone) await tabs[i]?.crash()
        else await opener.document.close()
        // what it had itself, and what it had inherited
        const left = [`${i}`, ...opener.inherited.map(labelOfUnsaved)]
        expected.push(...left)
        await until('it is inherited', () => inherited().length >= expected.length)
        expectSame(inherited(), expected.toSorted())
      }
      for (const { heard, inherited: theirs } of openers)
        for (const { update } of theirs)
          expectThat(
            labelsIn(heard).includes(labelOfUnsaved({ key: 0, update, at: 0 })),
            'it was heard',
          )
    },
  },
  {
    title: "[OS9] what was inherited can be saved, and is nobody else's then",
    run: async (device) => {
      const one = await openIn(await device.tab())
      const two = await openIn(await device.tab())
      one.document.changedHere(labelled('a'))
      one.document.changedHere(labelled('b'))
      await one.document.close()
      await until('it is inherited', () => two.inherited.length === 2)
      two.document.saved(two.inherited.slice(0, 1).map(({ key }) => key))
      await two.document.close()
      expectSame((await keptIn(await device.tab())).unsaved, ['b'])
    },
  },
]
