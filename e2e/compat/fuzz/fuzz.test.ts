/*
 * All families at one document, in bad weather, with a server that is killed under them. E2E_SEED repeats a
 * run (as far as the machine allows: time is real), E2E_FUZZ_MS makes it longer.
 */
import { expect, it } from 'vitest'
import { runSeed } from '../../harness/random.ts'
import { startServer } from '../../harness/server-process.ts'
import { hocuspocusFamilies } from '../families/hocuspocus.ts'
import { ySweetFamily } from '../families/y-sweet.ts'
import { yWebsocketFamilies } from '../families/y-websocket.ts'
import { runFuzz } from './fuzz.ts'

const seed = runSeed()
const forMs = Number(process.env['E2E_FUZZ_MS'] ?? 30_000)

it.each([
  ['who also delete', true],
  ['who only insert', false],
])(
  `people of all families %s come to the same, and nothing that was shown as saved is gone, E2E_SEED=${seed}`,
  async (_, deletes) => {
    const server = await startServer({ env: { QUIRE_LOG_LEVEL: 'warn' } })
    try {
      const report = await runFuzz({
        server,
        families: [
          ...yWebsocketFamilies('/yjs'),
          ...hocuspocusFamilies('/hocuspocus'),
          ySweetFamily,
        ],
        seed: seed + Number(deletes),
        forMs,
        document: 'fuzz',
        deletes,
      })
      process.stdout.write(`fuzz, seed ${seed}: ${JSON.stringify(report)}\n`)
      expect(report.lost).toBe(0)
      expect(report.rounds).toBeGreaterThan(0)
      expect(server.log()).not.toContain('"kind":"bug"')
    } finally {
      await server.remove()
    }
  },
  forMs + 300_000,
)
