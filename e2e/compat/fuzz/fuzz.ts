/*
 * Clients of all families at one document, each behind a line of bad weather, and a server that is killed
 * under them. In rounds: everybody edits while lines and server fail; then all is mended, and everybody must
 * hold the same, a newcomer too. Some of those who are there when the server is killed never come back: what
 * their client showed as saved must be there without them.
 */
import { equalSnapshots, snapshot, type Doc } from 'yjs'
import { missingFrom } from '../../harness/contents.ts'
import { between, randomFrom, type Random } from '../../harness/random.ts'
import type { ServerProcess } from '../../harness/server-process.ts'
import { until } from '../../harness/until.ts'
import type { Client, Family } from '../families/family.ts'
import { bringPerson, type Person } from './person.ts'

/** How long to go on, and with whom. */
export interface Fuzz {
  readonly server: ServerProcess
  readonly families: readonly Family[]
  readonly seed: number
  readonly forMs: number
  readonly document: string
  readonly deletes: boolean
}

/** What happened. */
export interface FuzzReport {
  readonly rounds: number
  readonly kills: number
  readonly restarts: number
  readonly edits: number
  /** How often a client had to ask again before it showed all as saved (room/counting.ts: deletes alone). */
  readonly askedAgain: number
  /** Edits that were shown as saved by clients that never came back, and the families of those that were missing. */
  readonly promised: number
  readonly lostBy: readonly string[]
}

/** Edits of one person in one round. */
const EDITS = [5, 40] as const

/** What an acknowledgement may take on a machine that does other things, too. */
const COMMIT_MS = 3_000

/** Longer than a stock client's pause before it comes back by itself. */
const TELL_AGAIN_MS = 5_000

/** A dead line is found after 22 to 28 s by the server, and after 30 s by clients. */
const HEAL_MS = 90_000

/** Runs rounds until the time is over; rejects where clients do not come to the same. */
export const runFuzz = async (fuzz: Fuzz): Promise<FuzzReport> => {
  const { server, families, seed, forMs, document, deletes } = fuzz
  const random = randomFrom(seed)
  const bring = (family: Family): Promise<Person> =>
    bringPerson(family, server, { document, random, deletes })
  const report = {
    rounds: 0,
    kills: 0,
    restarts: 0,
    edits: 0,
    askedAgain: 0,
    promised: 0,
    lostBy: [] as string[],
  }
  let people = await Promise.all(families.map(bring))
  const endsAt = Date.now() + forMs
  try {
    while (Date.now() < endsAt) {
      report.rounds++
      const fault = ['none', 'kill', 'kill', 'restart'][between(random, 0, 3)] ?? 'none'
      const before = people.map(({ made }) => made.length)
      const typing = people.map((person) => stir(person, random))
      if (fault !== 'none') {
        await pause(between(random, 50, 1_500))
        await server.end(fault === 'kill' ? 'SIGKILL' : 'SIGTERM')
      }
      await Promise.all(typing)
      people.forEach(({ made }, i) => (report.edits += made.length - (before[i] ?? 0)))
      if (fault === 'kill') {
        report.kills++
        const gone = people.filter(() => random() < 0.4)
        await Promise.all(gone.map((person) => person.leave()))
        await server.restart()
        const outcome = await missingOf(gone, { families, bring })
        report.promised += outcome.promised
        report.lostBy.push(...outcome.lostBy)
        people = await Promise.all(
          people.map(async (person, i) => {
            const family = families[i]
            return gone.includes(person) && family !== undefined ? bring(family) : person
          }),
        )
      } else if (fault === 'restart') {
        report.restarts++
        await server.restart()
      }
      for (const { line } of people) line.set({ kind: 'fine' })
      for (const { client } of people) comeBack(client)
      const round = `seed ${seed}, round ${report.rounds} (${fault})`
      if (deletes) report.askedAgain += await askAgain(people, `${round}: everybody holds the same`)
      await agree(people, `${round}: it is saved, too`)
      const newcomer = await bring(pick(families, random))
      await agree([...people, newcomer], `${round}: a newcomer`)
      await newcomer.leave()
    }
  } finally {
    await Promise.all(people.map((person) => person.leave()))
  }
  return report
}

/** One of them. */
const pick = <T>(all: readonly T[], random: Random): T => {
  const one = all[between(random, 0, all.length - 1)]
  if (one === undefined) throw new Error('there is none to pick')
  return one
}

/** Edits, shows presence, and meets bad weather. */
const stir = async ({ edit, show, line, client }: Person, random: Random): Promise<void> => {
  const strokes = between(random, ...EDITS)
  for (let stroke = 0; stroke < strokes; stroke++) {
    edit()
    const chance = random()
    if (chance < 0.02) line.set({ kind: 'dead' })
    else if (chance < 0.05) line.set({ kind: 'late', ms: between(random, 5, 300) })
    else if (chance < 0.08) line.set({ kind: 'slow', bytesPerSecond: between(random, 500, 20_000) })
    else if (chance < 0.12) line.cut()
    else if (chance < 0.15 && client.canLeave) client.disconnect()
    else if (chance < 0.2) comeBack(client)
    else if (chance < 0.3) line.set({ kind: 'fine' })
    else if (chance < 0.4) show()
    await pause(between(random, 1, 60))
  }
}

/** What those who are gone were promised, and is not there for somebody who comes now. */
const missingOf = async (
  gone: readonly Person[],
  { families, bring }: { families: readonly Family[]; bring: (family: Family) => Promise<Person> },
): Promise<{ readonly promised: number; readonly lostBy: readonly string[] }> => {
  const promises = gone.map(({ client, made, promised }) => ({
    family: client.family,
    updates: made.slice(0, promised()),
  }))
  const promised = promises.reduce((sum, { updates }) => sum + updates.length, 0)
  if (promised === 0) return { promised, lostBy: [] }
  const family = families.find(({ kind }) => kind === 'y-websocket')
  if (family === undefined) throw new Error('no family to read with')
  const reader = await bring(family)
  await until('the reader is synced', () => reader.client.isSynced())
  const lostBy = promises.flatMap(({ family: by, updates }) =>
    updates.filter((update) => missingFrom(reader.client.doc, [update]) > 0).map(() => by),
  )
  await reader.leave()
  return { promised, lostBy }
}

/**
 * Only who may have left, and is not there: version 2 of Hocuspocus' provider comes back by itself, and once its
 * socket is open it takes `connect` for a new question and forgets what it waits for, as with `forceSync`
 * (room/counting.ts).
 */
const comeBack = (client: Client): void => {
  if (client.canLeave && !client.isSynced()) client.connect()
}

/** Who is told to come while its old socket is still closing may not hear it, so it is told again. */
const areHere = (clients: readonly Client[]): boolean => {
  const away = clients.filter((client) => !client.isSynced())
  for (const client of away) {
    const toldAt = told.get(client) ?? 0
    if (Date.now() - toldAt < TELL_AGAIN_MS) continue
    told.set(client, Date.now())
    if (toldAt > 0) comeBack(client)
  }
  return away.length === 0
}

const told = new WeakMap<Client, number>()

/** Once everybody holds the same: those who show it as unsaved nevertheless come anew. */
const askAgain = async (people: readonly Person[], what: string): Promise<number> => {
  const clients = people.map(({ client }) => client)
  await described(
    clients,
    until(what, () => areHere(clients) && areEqual(clients), HEAL_MS),
  )
  const waiting = () => people.filter(({ client }) => client.isSaved() === false)
  const patience = Date.now() + COMMIT_MS
  await until('it is saved, or not', () => waiting().length === 0 || Date.now() > patience)
  const again = waiting()
  for (const { line } of again) line.cut()
  return again.length
}

/** Waits until everybody is synced, shows all as saved, and holds the same. */
const agree = (people: readonly Person[], what: string): Promise<void> => {
  const clients = people.map(({ client }) => client)
  return described(
    clients,
    until(
      what,
      () =>
        areHere(clients) &&
        clients.every((client) => client.isSaved() !== false) &&
        areEqual(clients),
      HEAL_MS,
    ),
  )
}

/** The same, with where the clients stand if it fails. */
const described = (clients: readonly Client[], waiting: Promise<void>): Promise<void> =>
  waiting.catch((error: unknown) => {
    const states = clients.map((client) => describe(client, clients[0]))
    throw new Error(`${String(error)}\n${states.join('\n')}`)
  })

/** Where a client stands, and in what it is not like another one. */
const describe = (
  { family, isSynced, isSaved, detail, statuses, refusals, doc }: Client,
  other: Client | undefined,
): string => {
  const unlike = other === undefined ? [] : differences(doc, other.doc)
  return `${family}: synced ${isSynced()}, saved ${isSaved()} (${detail()}), ${[...statuses.slice(-6), ...refusals.slice(-3)].join(' ')}, unlike the first in ${unlike.join(', ') || 'nothing'}`
}

const differences = (doc: Doc, other: Doc): readonly string[] => {
  const [mine, its] = [snapshot(doc), snapshot(other)]
  const named: readonly (readonly [string, unknown, unknown])[] = [
    ['state vector', [...mine.sv].toSorted(byFirst), [...its.sv].toSorted(byFirst)],
    ['deletes', deletesOf(doc), deletesOf(other)],
    ['pending', doc.store.pendingStructs, other.store.pendingStructs],
    ['pending deletes', doc.store.pendingDs, other.store.pendingDs],
    ['text', doc.getText('text').toDelta(), other.getText('text').toDelta()],
    ['content', contentOf(doc), contentOf(other)],
  ]
  return named.flatMap(([name, a, b]) =>
    JSON.stringify(a) === JSON.stringify(b)
      ? []
      : [`${name} (${JSON.stringify(a)} and ${JSON.stringify(b)})`],
  )
}

const deletesOf = (doc: Doc): unknown => [...snapshot(doc).ds.clients].toSorted(byFirst)

const areEqual = ([first, ...others]: readonly Client[]): boolean => {
  if (first === undefined) return true
  const held = snapshot(first.doc)
  const content = contentOf(first.doc)
  return others.every(
    ({ doc }) => equalSnapshots(snapshot(doc), held) && contentOf(doc) === content,
  )
}

/** Everything that a person could read, in an order that does not depend on how it came. */
const contentOf = (doc: Doc): string =>
  JSON.stringify(
    [
      doc.getText('text').toDelta(),
      doc.getArray('list').toJSON(),
      doc.getMap('map').toJSON(),
      doc.getXmlFragment('xml').toJSON(),
    ],
    (_, value: unknown) => (isRecord(value) ? Object.entries(value).toSorted(byFirst) : value),
  )

const byFirst = (
  [a]: readonly [number | string, unknown],
  [b]: readonly [number | string, unknown],
) => (a < b ? -1 : Number(a > b))

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
