/*
 * `npm run fuzz`: all families at one document, in bad weather, with a server that is killed under them.
 * Arguments: for how long, in seconds (60 if absent), and a seed. Ends with 1 if anything was lost.
 */
import { runSeed } from '../../harness/random.ts'
import { startServer } from '../../harness/server-process.ts'
import { blockedQuireFamily } from '../families/quire.ts'
import { quire } from '../servers/hosts.ts'
import { runFuzz } from './fuzz.ts'

const [seconds = '60', seed = String(runSeed())] = process.argv.slice(2)
let lost = 0
for (const deletes of [true, false]) {
  const server = await startServer({ env: { QUIRE_LOG_LEVEL: 'warn' } })
  try {
    const report = await runFuzz({
      server,
      families: [...quire.families, blockedQuireFamily],
      seed: Number(seed),
      forMs: Number(seconds) * 500,
      document: 'fuzz',
      deletes,
    })
    const people = deletes ? 'who also delete' : 'who only insert'
    process.stdout.write(`seed ${seed}, people ${people}: ${JSON.stringify(report)}\n`)
    lost += report.lostBy.length
    if (server.log().includes('"kind":"bug"')) throw new Error(server.log())
  } finally {
    await server.remove()
  }
}
process.exit(lost === 0 ? 0 : 1)
