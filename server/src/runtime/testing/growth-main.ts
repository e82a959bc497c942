/* `npm run growth`: a week of typing, and what it does to the disk. Days as an argument: 7 if absent. */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { foldingLimits } from '../../room/limits.ts'
import { openLoopStorage } from '../../storage/sqlite/testing/loop-thread.ts'
import { typeForDays, type Day } from './growth.ts'

const say = (...cells: readonly string[]): void =>
  void process.stdout.write(`${cells.map((cell) => cell.padStart(10)).join('')}\n`)

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`
const times = (a: number, b: number): string => `${(a / b).toFixed(1)}×`

const show = (day: Day): void => {
  const { updates, updateBytes, writtenBytes, databaseBytes, walBytes, stateBytes, folds } = day
  say(
    String(day.day),
    String(updates),
    mb(updateBytes),
    String(folds),
    writtenBytes === null ? '?' : mb(writtenBytes),
    writtenBytes === null ? '?' : times(writtenBytes, updateBytes),
    mb(stateBytes),
    mb(databaseBytes),
    mb(walBytes),
    times(databaseBytes, stateBytes),
  )
}

const days = Number(process.argv[2] ?? 7)
const dataDir = await mkdtemp(join(tmpdir(), 'quire-growth-'))
try {
  const storage = await openLoopStorage(dataDir)
  say('day', 'updates', 'sent', 'folds', 'written', '', 'state', 'database', 'wal', 'db:state')
  const plan = { days, documents: 4, sessionsPerDay: 3, keystrokes: 3_600 }
  await typeForDays(storage, { ...plan, folding: foldingLimits }, show)
  await storage.close()
  say('closed', mb((await stat(join(dataDir, 'quire.db'))).size))
} finally {
  await rm(dataDir, { recursive: true })
}
