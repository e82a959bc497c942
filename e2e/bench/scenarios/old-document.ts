/* A document that thousands of people have written in. */
import * as encoding from 'lib0/encoding'
import { applyUpdate, Doc, encodeStateVector, encodeStateVectorFromUpdate } from 'yjs'
import { TEXT } from '../../harness/stock-client.ts'
import { textOf, type Base } from '../load/corpus.ts'
import { Member } from '../load/member.ts'
import { openRooms, secondsOf, updatesAt } from '../load/rooms.ts'
import { quantileOf } from '../measure/histogram.ts'
import { strangers } from './material.ts'
import { outcomeOf, typingMetrics } from './room.ts'
import type { Scenario } from './scenario.ts'

const PEOPLE = 20
const PAST_CLIENTS = 10_000
const JOINS = 15
const QUICK_JOINS = 5
const CONTENT_STRING = 4

const lengthOf = (isQuick: boolean) =>
  isQuick ? { warmUpSeconds: 0.2, seconds: 0.7 } : { warmUpSeconds: 3, seconds: 15 }

/** 10,000 past client ids. */
export const oldDocument: Scenario = {
  name: 'old-document',
  about: `${PEOPLE} people, each typing 5 updates a second for 15 seconds, in a document with ${PAST_CLIENTS.toLocaleString('en')} past client ids; then somebody who is up to date joins ${JOINS} times (${QUICK_JOINS} in a quick run).`,
  servers: ['quire', 'hocuspocus', 'y-websocket', 'relay'],
  metrics: {
    ...typingMetrics({ p99: { kind: 'at-most', most: 20 } }),
    cpuPerUpdate: {
      what: 'server CPU per update',
      unit: 'ms',
      target: { kind: 'ratio-at-most', ratio: 0.1 },
      plotted: '10,000 past clients: CPU per update',
    },
    join: {
      what: 'join of one who is up to date, p50',
      unit: 'ms',
      target: { kind: 'ratio-at-most', ratio: 0.2 },
      plotted: '10,000 past clients: join',
    },
  },
  plannedSeconds: (isQuick) => secondsOf(lengthOf(isQuick)),
  async run({ isQuick, seed, start }) {
    const [server, { typists }] = await Promise.all([start(), strangers()])
    const pace = {
      perSecond: 5,
      ...lengthOf(isQuick),
      graceMs: isQuick ? 10_000 : 90_000, // some servers are seconds behind by then
      seed,
    }
    const people = typists.take(PEOPLE, updatesAt(pace))
    const base = (past ??= writtenByMany())
    const plan = { document: 'old', base, typists: people, isCompared: true }
    const rooms = await openRooms(server, [plan], pace)
    const measured = await rooms.type()
    const outcome = outcomeOf(measured)
    const { cpuPerUpdate } = measured
    if (!server.kind.answers) {
      rooms.close()
      return { ...outcome, figures: { ...outcome.figures, cpuPerUpdate } }
    }
    const has = upToDate(
      base,
      people.flatMap(({ updates }) => updates),
    )
    const joins: number[] = []
    for (let i = 0; i < (isQuick ? QUICK_JOINS : JOINS); i++) {
      const member = new Member(server, 'old', { has })
      await member.joined
      joins.push(member.answeredAt - member.askedAt)
      member.close()
    }
    rooms.close()
    const join = quantileOf(joins, 0.5)
    return { ...outcome, figures: { ...outcome.figures, cpuPerUpdate, join } }
  },
}

let past: Base | undefined

/**
 * One character of each, all typed at the start of an empty document. Written as Yjs would (its
 * UpdateEncoderV1), because 10,000 documents of Yjs take ten seconds to make it.
 */
const writtenByMany = (): Base => {
  const update = encoding.encode((out) => {
    encoding.writeVarUint(out, PAST_CLIENTS)
    for (let i = PAST_CLIENTS; i > 0; i--) {
      encoding.writeVarUint(out, 1) // struct
      encoding.writeVarUint(out, 100_000 + i * 7_919)
      encoding.writeVarUint(out, 0) // its clock
      encoding.writeUint8(out, CONTENT_STRING)
      encoding.writeVarUint(out, 1) // in a root:
      encoding.writeVarString(out, TEXT)
      encoding.writeVarString(out, String.fromCharCode(97 + (i % 26)))
    }
    encoding.writeVarUint(out, 0) // nothing is deleted
  })
  const length = textOf([update]).length
  if (length !== PAST_CLIENTS) throw new Error(`${length} of ${PAST_CLIENTS} have written`)
  return { update, stateVector: encodeStateVectorFromUpdate(update) }
}

const upToDate = (base: Base, updates: readonly Uint8Array[]): Base => {
  const doc = new Doc()
  doc.transact(() => {
    for (const update of [base.update, ...updates]) applyUpdate(doc, update)
  })
  return { update: base.update, stateVector: encodeStateVector(doc) }
}
