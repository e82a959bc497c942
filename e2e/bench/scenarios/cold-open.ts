/* A long document that is on disk, and nobody has opened since the server started. */
import { pause } from '../load/wait.ts'
import { EMPTY, joined, textOf, transactionsOf, updatesOf, type Base } from '../load/corpus.ts'
import { seedDocument, type Written } from '../load/documents.ts'
import { Member } from '../load/member.ts'
import { quantileOf } from '../measure/histogram.ts'
import { cpuBetween, readCpu } from '../measure/usage.ts'
import type { Running } from '../servers/server.ts'
import { encodeStateVectorFromUpdate } from 'yjs'
import { material } from './material.ts'
import type { Scenario } from './scenario.ts'

const CLIENT = 777
/** Edits that the nearly up-to-date client lacks. */
const LACKS = 20

/** `restMs`: time for what follows an answer, such as folding in another thread, to be counted. */
const sizeOf = (isQuick: boolean) =>
  isQuick
    ? { edits: 40_000, perUpdate: 100, samples: 1, restMs: 80 }
    : { edits: Infinity, perUpdate: 1, samples: 10, restMs: 300 }

interface Novel {
  readonly whole: Written
  readonly text: string
  readonly restMs: number
  readonly near: Base
}

/** 260,000 edits. */
export const coldOpen: Scenario = {
  name: 'cold-open',
  about: `a document of 260,000 edits (automerge-paper, each edit an update of its own; in a quick run the first 40,000, 100 in an update) is opened by a client that has nothing, and by one that lacks the last ${LACKS} updates. The server was restarted before, and has opened some other document 20 times; median of 10. "Again" is the same without a restart, after everybody had left.`,
  servers: ['quire', 'hocuspocus'],
  metrics: {
    empty: {
      what: 'open by an empty client, p50',
      unit: 'ms',
      target: { kind: 'ratio-at-most', ratio: 0.25 },
      plotted: '260,000 edits, cold: open',
    },
    emptyCpu: {
      what: 'open by an empty client, server CPU',
      unit: 'ms',
      target: { kind: 'ratio-at-most', ratio: 0.2 },
      plotted: '260,000 edits, cold: CPU of an open',
    },
    near: {
      what: 'open by a nearly up-to-date client, p50',
      unit: 'ms',
      target: { kind: 'ratio-at-most', ratio: 0.25 },
      plotted: '260,000 edits, cold: open, nearly there',
    },
    nearCpu: { what: 'open by a nearly up-to-date client, server CPU', unit: 'ms' },
    again: {
      what: 'opened again by an empty client, p50',
      unit: 'ms',
      target: { kind: 'ratio-at-most', ratio: 0.25 },
    },
    againCpu: {
      what: 'opened again by an empty client, server CPU',
      unit: 'ms',
      target: { kind: 'ratio-at-most', ratio: 0.2 },
    },
    bytes: { what: 'bytes that an empty client is given', unit: 'KB' },
    disk: { what: 'on disk', unit: 'KB' },
  },
  plannedSeconds(isQuick) {
    const { samples, restMs } = sizeOf(isQuick)
    return (samples * (2 + 3 * 2) * restMs) / 1000 // two restarts; three times opened, and left
  },
  async run({ isQuick, start }) {
    const writing = isQuick ? (short ??= write(true)) : (long ??= write(false))
    const [server, novel] = await Promise.all([start(), writing])
    await seedDocument(server, 'novel', novel.whole)
    const other = (await material()).base
    await seedDocument(server, 'other', { ...other, updates: [other.update] })
    const { samples } = sizeOf(isQuick)
    const empty: Opened[] = []
    const near: Opened[] = []
    const again: Opened[] = []
    for (let i = 0; i < samples; i++) {
      await restart(server, novel)
      empty.push(await open(server, novel, EMPTY))
      await restart(server, novel)
      near.push(await open(server, novel, novel.near))
    }
    for (let i = 0; i < samples; i++) again.push(await open(server, novel, EMPTY))
    await server.end('SIGTERM')
    return {
      figures: {
        empty: quantileOf(
          empty.map(({ ms }) => ms),
          0.5,
        ),
        emptyCpu: quantileOf(
          empty.map(({ cpuMs }) => cpuMs),
          0.5,
        ),
        near: quantileOf(
          near.map(({ ms }) => ms),
          0.5,
        ),
        nearCpu: quantileOf(
          near.map(({ cpuMs }) => cpuMs),
          0.5,
        ),
        again: quantileOf(
          again.map(({ ms }) => ms),
          0.5,
        ),
        againCpu: quantileOf(
          again.map(({ cpuMs }) => cpuMs),
          0.5,
        ),
        bytes: (empty[0]?.bytes ?? Number.NaN) / 1024,
        disk: (await server.diskBytes()) / 1024,
      },
      problems: [...empty, ...near, ...again].flatMap(({ problem }) => problem ?? []),
    }
  },
}

let short: Promise<Novel> | undefined
let long: Promise<Novel> | undefined

const write = async (isQuick: boolean): Promise<Novel> => {
  const { edits, perUpdate, restMs } = sizeOf(isQuick)
  const transactions = (await transactionsOf('automerge-paper')).slice(0, edits)
  const updates = updatesOf(transactions, CLIENT, perUpdate)
  const update = joined(updates)
  const almost = joined(updates.slice(0, -LACKS))
  return {
    text: textOf([update]),
    restMs,
    whole: { update, stateVector: encodeStateVectorFromUpdate(update), updates },
    near: { update: almost, stateVector: encodeStateVectorFromUpdate(almost) },
  }
}

/** Starts it anew, and lets it do once what it does for every document. */
const restart = async (server: Running, novel: Novel): Promise<void> => {
  await server.end('SIGTERM')
  await server.restart()
  for (let i = 0; i < 20; i++) {
    const member = new Member(server, 'other')
    await member.joined
    member.close()
  }
  await pause(novel.restMs)
}

interface Opened {
  readonly ms: number
  readonly cpuMs: number
  readonly bytes: number
  readonly problem: string | null
}

/** Joins, leaves, and waits until the server has rested. */
const open = async (server: Running, novel: Novel, has: Base): Promise<Opened> => {
  const before = readCpu(server.pid)
  const member = new Member(server, 'novel', { has, keeps: true })
  await member.joined
  const ms = member.answeredAt - member.askedAt
  await pause(novel.restMs)
  const cpuMs = cpuBetween(before, readCpu(server.pid))
  const isWhole = member.text() === novel.text
  const problem = isWhole ? null : 'a client was not given the whole document'
  member.close()
  await pause(novel.restMs)
  return { ms, cpuMs, bytes: member.heardBytes, problem }
}
