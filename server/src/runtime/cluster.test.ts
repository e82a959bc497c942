import { describe, expect, it } from 'vitest'
import { createClusterHub } from '../cluster/single.ts'
import type { Cluster } from '../ports/cluster.ts'
import { createMemory } from '../storage/memory.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { settle, startTestServer } from './testing/server.ts'

const notes = nameOf('notes')

/** Two nodes over one log; `lose` says which hints of the first node do not arrive. */
const startNodes = () => {
  const hub = createClusterHub()
  const memory = createMemory()
  let isLossy = false
  const published: string[] = []
  const first = hub.node()
  const lossy: Cluster = {
    ...first,
    publish(document, hint) {
      published.push(`${hint.first}-${hint.last}`)
      if (!isLossy) first.publish(document, hint)
    },
  }
  const a = startTestServer({ memory, cluster: lossy })
  const b = startTestServer({ memory, cluster: hub.node() })
  return { a, b, published, loseHints: (on: boolean) => (isLossy = on) }
}

describe('two nodes over one log', () => {
  it('[R11] clients of both converge, also when they type at once', async () => {
    const { a, b } = startNodes()
    const [ann, bob] = [a.connect(notes), b.connect(notes)]
    await settle()
    for (let i = 0; i < 10; i++) {
      ann.type(`a${i} `)
      bob.type(`b${i} `)
      await settle()
      a.clock.advance(10)
      b.clock.advance(10)
      await settle()
    }
    expect(ann.text()).toBe(bob.text())
    expect(ann.text()).toContain('a9')
    expect(ann.text()).toContain('b9')
    expect([...a.events, ...b.events].filter(({ kind }) => kind === 'bug')).toEqual([])
  })

  it('[R11] a hint leaves only after the commit', async () => {
    const { a, b, published } = startNodes()
    const [ann, bob] = [a.connect(notes), b.connect(notes)]
    await settle()
    a.weather.hold('append')
    ann.type('x')
    await settle()
    expect(published).toEqual([])
    expect(bob.text()).toBe('')
    a.weather.release('append')
    await settle()
    expect(published).toEqual(['1-1'])
    expect(bob.text()).toBe('x')
  })

  it('[R12] what is committed elsewhere during the load is not missed', async () => {
    const { a, b } = startNodes()
    const ann = a.connect(notes)
    await settle()
    b.weather.hold('open')
    const bob = b.connect(notes)
    await settle()
    ann.type('while you were loading')
    await settle()
    b.weather.release('open')
    await settle()
    expect(bob.text()).toBe('while you were loading')
  })

  it('[R13] a lost hint heals from the log with the next one', async () => {
    const { a, b, loseHints } = startNodes()
    const [ann, bob] = [a.connect(notes), b.connect(notes)]
    await settle()
    loseHints(true)
    ann.type('lost. ')
    await settle()
    expect(bob.text()).toBe('')
    loseHints(false)
    a.clock.advance(10)
    ann.type('heard.')
    await settle()
    expect(bob.text()).toBe('lost. heard.')
    expect(b.weather.calls.read).toBeGreaterThan(0)
  })

  it('[R13] a lost hint heals from the log with the own next commit', async () => {
    const { a, b, loseHints } = startNodes()
    const [ann, bob] = [a.connect(notes), b.connect(notes)]
    await settle()
    loseHints(true)
    ann.type('lost. ')
    await settle()
    bob.type('mine. ')
    await settle()
    expect(bob.text()).toContain('lost. ')
    expect(ann.text()).toBe(bob.text())
  })
})
