import type { Update } from '@quire/shared'
import * as Y from 'yjs'
import {
  at,
  expectSame,
  expectThat,
  openIn,
  turn,
  unwrap,
  until,
  type OfflineRule,
  type OfflineTab,
} from './fixture.ts'

const EDITS = 6_000
const UNSAVED = 40

/** Somebody types and deletes; each edit is an update. */
const typing = (): { readonly updates: readonly Update[]; readonly text: string } => {
  const doc = new Y.Doc()
  const updates: Update[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update as Update)) // Yjs' own encoding
  const text = doc.getText('text')
  for (let i = 0; i < EDITS; i++) {
    if (i % 3 === 2) text.delete((i * 7) % text.length, 1)
    else text.insert((i * 13) % (text.length + 1), String.fromCharCode(97 + (i % 26)))
  }
  return { updates, text: text.toJSON() }
}

const textOf = (updates: readonly Uint8Array[]): string => {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  return doc.getText('text').toJSON()
}

const bytesOf = (updates: readonly Uint8Array[]): number =>
  updates.reduce((sum, { length }) => sum + length, 0)

/** Gives all of the typing to a document of a tab. */
const fill = async (tab: OfflineTab, give: 'changedHere' | 'changedThere'): Promise<string> => {
  const { updates, text } = typing()
  const { document } = await openIn(tab)
  for (const [i, update] of updates.entries()) {
    const key = document[give](update)
    if (key !== undefined && i < EDITS - UNSAVED) document.saved([key])
    if (give === 'changedThere') document.moved(at(i + 1))
    if (i % 100 !== 99) continue
    unwrap(await document.flush())
    await turn()
  }
  await document.close()
  return text
}

/** OS11. */
export const growingRules: readonly OfflineRule[] = (
  [
    ['changedHere', 'alone'],
    ['changedThere', 'alone'],
    ['changedHere', 'beside another'],
  ] as const
).map(([give, how]) => ({
  title: `[OS11] what is kept does not grow with the edits (${give}, ${how}), and what is unsaved stays apart`,
  run: async (device) => {
    const other = how === 'alone' ? null : await openIn(await device.tab())
    const tab = await device.tab()
    const text = await fill(tab, give)
    const isFolded = async (): Promise<boolean> => {
      const { document } = await openIn(tab)
      await document.close()
      return document.kept.updates.length < EDITS / 2
    }
    await until('it is folded', isFolded)
    await other?.document.close()
    const { kept } = (await openIn(tab)).document
    expectSame(textOf(kept.updates), text)
    const whole = bytesOf(typing().updates)
    expectThat(bytesOf(kept.updates) < whole * 0.8, `${bytesOf(kept.updates)} of ${whole} bytes`)
    expectSame(kept.unsaved.length, give === 'changedHere' ? UNSAVED : 0)
    expectSame(kept.position, give === 'changedHere' ? null : at(EDITS))
  },
}))
