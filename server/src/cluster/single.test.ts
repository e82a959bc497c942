import { seq } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import type { Hint } from '../ports/cluster.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { createClusterHub } from './single.ts'

const [notes, other] = [nameOf('notes'), nameOf('other')]
const hint: Hint = { first: seq(1), last: seq(1), updates: [], writer: 1 }
const delivered = (): Promise<void> => Promise.resolve()

describe('nodes in one process', () => {
  it('hear what others publish about a document, not what they do themselves', async () => {
    const hub = createClusterHub()
    const [a, b] = [hub.node(), hub.node()]
    const heard: string[] = []
    a.subscribe(notes, () => heard.push('a'))
    b.subscribe(notes, () => heard.push('b'))
    b.subscribe(other, () => heard.push('b other'))
    a.publish(notes, hint)
    expect(heard).toEqual([]) // never inside of the call that publishes
    await delivered()
    expect(heard).toEqual(['b'])
  })

  it('hear nothing after the undo, also of what is on its way', async () => {
    const hub = createClusterHub()
    const [a, b] = [hub.node(), hub.node()]
    const heard: string[] = []
    const undo = b.subscribe(notes, () => heard.push('b'))
    a.publish(notes, hint)
    undo()
    await delivered()
    a.publish(notes, hint)
    await delivered()
    expect(heard).toEqual([])
    undo()
  })

  it('an undo takes back its own subscription, also where a later one took its place', async () => {
    const hub = createClusterHub()
    const [a, b] = [hub.node(), hub.node()]
    const heard: string[] = []
    const undo = b.subscribe(notes, () => heard.push('first'))
    undo()
    b.subscribe(notes, () => heard.push('second'))
    undo()
    a.publish(notes, hint)
    await delivered()
    expect(heard).toEqual(['second'])
  })

  it('a closed node hears nothing, the others do', async () => {
    const hub = createClusterHub()
    const [a, b, c] = [hub.node(), hub.node(), hub.node()]
    const heard: string[] = []
    b.subscribe(notes, () => heard.push('b'))
    c.subscribe(notes, () => heard.push('c'))
    await b.close()
    await b.close()
    a.publish(notes, hint)
    await delivered()
    expect(heard).toEqual(['c'])
  })
})
