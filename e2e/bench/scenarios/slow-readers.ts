/* Some who do not read while others write a lot. */
import type { Typist } from '../load/corpus.ts'
import { Doc } from 'yjs'
import { TEXT } from '../../harness/stock-client.ts'
import { openRooms, secondsOf, updatesAt } from '../load/rooms.ts'
import { isInTime, pause } from '../load/wait.ts'
import { readMemory } from '../measure/usage.ts'
import { EMPTY } from '../load/corpus.ts'
import type { Scenario } from './scenario.ts'

const WRITERS = 10
const READERS = 50
const STALLED = 20
const UPDATE_CHARACTERS = 4_096
const WAKE_MS = 60_000

/** They stall for all of it. */
const lengthOf = (isQuick: boolean) =>
  isQuick
    ? { settleSeconds: 0.2, warmUpSeconds: 0.2, seconds: 0.8 }
    : { settleSeconds: 0.5, warmUpSeconds: 1, seconds: 20 }

/** 20 of 60 stall. */
export const slowReaders: Scenario = {
  name: 'slow-readers',
  about: `${STALLED} of ${WRITERS + READERS} people in one document stop reading for 20 seconds (1 in a quick run) while ${WRITERS} write ${UPDATE_CHARACTERS} characters each 4 times a second. How much the server's memory has grown at its highest, and how long after the last update and their waking it takes until all are equal.`,
  servers: ['quire', 'hocuspocus', 'y-websocket', 'relay'],
  metrics: {
    growth: { what: 'growth of memory', unit: 'MB', plotted: '20 stalled readers: memory' },
    wake: {
      what: 'from waking until all are equal',
      unit: 'ms',
      target: { kind: 'at-most', most: 1_000 },
    },
    p99: { what: 'latency p99 of everybody who reads', unit: 'ms' },
  },
  plannedSeconds: (isQuick) => lengthOf(isQuick).settleSeconds + secondsOf(lengthOf(isQuick)),
  async run({ isQuick, seed, start }) {
    const { settleSeconds, ...length } = lengthOf(isQuick)
    const pace = { perSecond: 4, ...length, graceMs: 0, seed }
    const writers = (pages ??= Array.from({ length: WRITERS }, (_, i) => pagesOf(i))).map((own) =>
      own(updatesAt(pace)),
    )
    const server = await start()
    const plan = {
      document: 'pages',
      base: EMPTY,
      typists: writers,
      readers: READERS,
      isCompared: false,
    }
    const rooms = await openRooms(server, [plan], pace)
    const members = rooms.members[0] ?? []
    const stalled = members.slice(-STALLED)
    const reading = members.length - STALLED
    const ledger = rooms.ledgers[0]
    await pause(settleSeconds * 1000)
    const before = readMemory(server.pid)
    let most = before
    for (const member of stalled) member.pause()
    const measured = await rooms.type(async () => {
      const until = performance.now() + secondsOf(pace) * 1000
      while (performance.now() < until) {
        await pause(250)
        most = Math.max(most, readMemory(server.pid))
      }
    })
    const lacks = (from: number, to: number): boolean =>
      members.slice(from, to).some((_, i) => (ledger?.missing(from + i) ?? 0) > 0)
    const othersAreEqual = await isInTime(() => !lacks(0, reading), 10_000)
    const wokenAt = performance.now()
    for (const member of stalled) member.resume()
    const areEqual = await isInTime(() => !lacks(reading, members.length), WAKE_MS)
    const wake = performance.now() - wokenAt
    const left = members.filter(({ ended }) => ended !== null)
    rooms.close()
    return {
      figures: { growth: (most - before) / 2 ** 20, ...(areEqual && { wake }), p99: measured.p99 },
      problems: [
        ...(othersAreEqual ? [] : ['those who read were not given everything']),
        ...(areEqual ? [] : ['those who stalled were never given everything']),
        ...(left.length > 0 ? [`${left.length} were sent away: ${left[0]?.ended}`] : []),
      ],
      notes: [`${Math.round(measured.sentPerSecond)} updates/s of 4 KB`],
    }
  },
}

let pages: ((updates: number) => Typist)[] | undefined

/** Somebody who inserts pages of text. */
const pagesOf = (writer: number): ((updates: number) => Typist) => {
  const doc = new Doc()
  doc.clientID = 310_000_000 + writer * 1_009
  const all: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => all.push(update))
  return (updates) => {
    while (all.length < updates) {
      const letter = String.fromCharCode(97 + ((writer + all.length) % 26))
      doc.getText(TEXT).insert(0, letter.repeat(UPDATE_CHARACTERS))
    }
    return {
      client: doc.clientID,
      updates: all.slice(0, updates),
      ends: Array.from({ length: updates }, (_, i) => (i + 1) * UPDATE_CHARACTERS),
    }
  }
}
