import { expect, it } from 'vitest'
import { createMemoryStorage } from '../../storage/memory.ts'
import { nameOf } from '../../storage/contract/fixture.ts'
import { settle, startTestServer } from '../testing/server.ts'
import { Listing, type ListPlace } from './listing.ts'

/** Open documents; of the last page of them one place is left for another one. */
const OPEN = 999
const LIMIT = 50

it('goes past all that are open in a few steps, and shows each document once', async () => {
  const { documents, connect, memory, clock } = startTestServer()
  const storage = createMemoryStorage(memory)
  const open = Array.from({ length: OPEN }, (_, i) => nameOf(`doc/${String(i).padStart(4, '0')}`))
  for (const name of open) connect(name)
  await settle()
  const others = ['other/1', 'other/2'].map(nameOf)
  for (const name of others) await storage.open(name)
  const shown: string[] = []
  const steps: number[] = []
  let after: ListPlace | null = null
  do {
    let looked = 0
    const counted: Pick<typeof storage, 'list' | 'find'> = {
      list: (question) => {
        looked++
        return storage.list(question)
      },
      find: (name) => storage.find(name),
    }
    const listing = new Listing({ documents, storage: counted, clock })
    const page = await listing.page({ search: '', order: 'sessions', after, limit: LIMIT })
    if (!page.ok) throw new Error(page.error.message)
    shown.push(...page.value.documents.map(({ facts }) => facts.name))
    steps.push(looked)
    after = page.value.next
  } while (after !== null)
  expect(shown).toEqual([...open, ...others])
  expect(Math.max(...steps)).toBeLessThanOrEqual(3)
})
