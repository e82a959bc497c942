import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer, type ServerProcess } from '../../harness/server-process.ts'
import { measure, measureIdle } from './measure.ts'
import { pace, ways } from './ways.ts'

let server: ServerProcess
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.remove())

it.runIf(process.platform === 'linux').each(ways)(
  'everything comes to everybody with $name, and its bytes are counted',
  { timeout: 60_000 },
  async (way) => {
    const undo = pace(way)
    try {
      const plan = { way, people: 3, typists: 2, updatesPerSecond: 10, seconds: 0.5, lateMs: 1 }
      const measured = await measure(server, { ...plan, document: way.name })
      expect(measured.missing).toBe(0)
      for (const figure of Object.values({ ...measured, missing: 1 }))
        expect(figure).toBeGreaterThan(0)
      const idle = await measureIdle(server, { way, document: way.name, seconds: 1 })
      expect(idle > 0).toBe(way.everyMs !== null)
    } finally {
      undo()
    }
  },
)
