/* A server that is killed while people type. */
import { randomFrom, type Random } from '../../harness/random.ts'
import type { Typist } from '../load/corpus.ts'
import { Member } from '../load/member.ts'
import { inOrder, keepPace } from '../load/pace.ts'
import { isInTime } from '../load/wait.ts'
import { quantileOf } from '../measure/histogram.ts'
import type { Running } from '../servers/server.ts'
import { strangers } from './material.ts'
import type { Scenario } from './scenario.ts'

const PER_SECOND = 10

/** When the server is killed: `least` to `most` seconds after the first began. */
const sizeOf = (isQuick: boolean) =>
  isQuick
    ? { documents: 20, rounds: 1, least: 1, most: 1.5 }
    : { documents: 40, rounds: 5, least: 11, most: 14 }

/** kill -9. */
export const kill: Scenario = {
  name: 'kill',
  about: `40 documents with somebody who types ${PER_SECOND} updates a second and somebody who reads; the server is killed (SIGKILL) at a random moment 11 to 14 seconds after the first began, five times (20 documents, once, after 1 to 1.5 seconds in a quick run). Acknowledged is what the server told the author that it has: Quire by echo, Hocuspocus by SyncStatus. Lost is what is not there after the restart.`,
  servers: ['quire', 'hocuspocus'],
  metrics: {
    acknowledged: { what: 'acknowledged', unit: 'updates' },
    lost: { what: 'acknowledged and lost', unit: 'updates', target: { kind: 'at-most', most: 0 } },
    lostSeconds: { what: 'acknowledged work lost in a document, p50', unit: 's' },
    lostSecondsMost: { what: 'acknowledged work lost in a document, most', unit: 's' },
    seenLost: { what: 'seen by the reader and lost', unit: 'updates' },
  },
  plannedSeconds(isQuick) {
    const { rounds, most } = sizeOf(isQuick)
    return rounds * most
  },
  async run({ isQuick, seed, start }) {
    const random = randomFrom(seed)
    const { documents, rounds, least, most } = sizeOf(isQuick)
    const [server, { typists }] = await Promise.all([start(), strangers()])
    const losses: Loss[] = []
    for (let round = 0; round < rounds; round++) {
      if (round > 0) {
        await server.end('SIGTERM') // the next round finds the disk at rest
        await server.restart()
      }
      const people = typists.take(documents, most * PER_SECOND)
      const seconds = least + random() * (most - least)
      losses.push(...(await killed(server, { round, people, seconds, random })))
    }
    return {
      figures: {
        acknowledged: sum(losses.map(({ acknowledged }) => acknowledged)),
        lost: sum(losses.map(({ lost }) => lost)),
        lostSeconds: quantileOf(
          losses.map(({ lostMs }) => lostMs / 1000),
          0.5,
        ),
        lostSecondsMost: quantileOf(
          losses.map(({ lostMs }) => lostMs / 1000),
          1,
        ),
        seenLost: sum(losses.map(({ seenLost }) => seenLost)),
      },
      problems: losses.some(({ acknowledged }) => acknowledged > 0)
        ? []
        : ['nothing was acknowledged'],
    }
  },
}

/** What became of one document. */
interface Loss {
  readonly acknowledged: number
  readonly lost: number
  /** From when the first that was lost had been sent to the kill. */
  readonly lostMs: number
  readonly seenLost: number
}

interface Round {
  readonly round: number
  readonly people: readonly Typist[]
  readonly seconds: number
  readonly random: Random
}

const killed = async (
  server: Running,
  { round, people, seconds, random }: Round,
): Promise<readonly Loss[]> => {
  const desks = people.map((typist, i) => new Desk(server, `kill-${round}-${i}`, typist))
  await Promise.all(desks.map((desk) => desk.ready()))
  const startAt = performance.now() + 50
  const killAt = startAt + seconds * 1000 // nobody types later
  const times = desks.map(() => {
    const first = (random() * seconds * 1000) / 2
    const count = Math.floor((seconds - first / 1000) * PER_SECOND)
    return Array.from({ length: count }, (_, i) => startAt + first + (i * 1000) / PER_SECOND)
  })
  const { due, who, which } = inOrder(times)
  const send = (i: number): void => desks[who[i] ?? 0]?.send(which[i] ?? 0)
  await keepPace({ due, send }, () => {})
  await server.end('SIGKILL')
  await isInTime(() => desks.every((desk) => desk.hasEnded), 5_000)
  await server.restart()
  const losses: Loss[] = []
  for (const [i, desk] of desks.entries())
    losses.push(await desk.lossIn(server, times[i] ?? [], killAt))
  return losses
}

/** One document's author and reader. */
class Desk {
  readonly #document: string
  readonly #typist: Typist
  readonly #author: Member
  readonly #reader: Member
  readonly #frames: readonly Buffer[]
  #echoed = 0
  #seen = 0

  constructor(server: Running, document: string, typist: Typist) {
    this.#document = document
    this.#typist = typist
    const isOwn = (client: number): boolean => client === typist.client
    this.#author = new Member(server, document, {
      onRange: (client, _, end) => {
        if (isOwn(client)) this.#echoed = Math.max(this.#echoed, end)
      },
    })
    this.#reader = new Member(server, document, {
      onRange: (client, _, end) => {
        if (isOwn(client)) this.#seen = Math.max(this.#seen, end)
      },
    })
    this.#frames = typist.updates.map((update) => this.#author.frame(update))
  }

  /** Both are in. */
  async ready(): Promise<void> {
    await Promise.all([this.#author.joined, this.#reader.joined])
  }

  send(update: number): void {
    const frame = this.#frames[update]
    if (frame !== undefined) this.#author.write(frame)
  }

  get hasEnded(): boolean {
    return this.#author.ended !== null && this.#reader.ended !== null
  }

  async lossIn(server: Running, due: readonly number[], killAt: number): Promise<Loss> {
    const fresh = new Member(server, this.#document, { keeps: true })
    await fresh.joined
    const kept = fresh.clockOf(this.#typist.client)
    fresh.close()
    const { ends } = this.#typist
    const upTo = (clock: number): number => ends.filter((end) => end <= clock).length
    // the first status is for the answer to what the server asked at the start
    const stated = Math.max(0, this.#author.taken - 1)
    const acknowledged = server.kind.acknowledges === 'status' ? stated : upTo(this.#echoed)
    const lost = Math.max(0, acknowledged - upTo(kept))
    return {
      acknowledged,
      lost,
      lostMs: lost === 0 ? 0 : killAt - (due[upTo(kept)] ?? killAt),
      seenLost: Math.max(0, upTo(this.#seen) - upTo(kept)),
    }
  }
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
