import { expect, test } from 'vitest'
import { runSeed } from '../../harness/random.ts'
import { startServer } from '../../harness/server-process.ts'
import { blockedQuireFamily } from '../families/quire.ts'
import { quire } from '../servers/hosts.ts'
import { runFuzz } from './fuzz.ts'

/** Two of these are the minute of it that every run of the tests has; `npm run fuzz` goes on for longer. */
const FOR_MS = 30_000

/** The last round ends after that, and heals; then somebody new comes. */
const WITHIN_MS = FOR_MS + 240_000

const seed = runSeed()

test.each([
  { people: 'who also delete', deletes: true },
  { people: 'who only insert', deletes: false },
])(
  `people of all families, $people, in bad weather, at a server that is killed (seed ${seed})`,
  { timeout: WITHIN_MS },
  async ({ deletes }) => {
    const server = await startServer({ env: { QUIRE_LOG_LEVEL: 'warn' } })
    try {
      const plan = { seed, forMs: FOR_MS, document: 'fuzz', deletes }
      const report = await runFuzz({
        server,
        families: [...quire.families, blockedQuireFamily],
        ...plan,
      })
      expect(report.lostBy).toEqual([])
      expect(report.edits).toBeGreaterThan(100)
      expect(server.log()).not.toContain('"kind":"bug"')
    } finally {
      await server.remove()
    }
  },
)
