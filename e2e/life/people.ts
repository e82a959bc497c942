/*
 * The people of a day, in processes of their own, so that they do not take the time of who looks on. They are told what
 * to do, and remember what they were told by the server.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Extent } from './audit.ts'
import type { Base, Place } from './person.ts'

/** Who they are. */
export interface Setting {
  readonly places: readonly Place[]
  readonly seed: number
  /** What documents have from before, by name. */
  readonly yesterday: Readonly<Record<string, string>>
  /** Time for everything that they wait for. */
  readonly withinMs: number
}

/** What they have done so far, and how connections of theirs ended, by code. */
export interface Figures {
  readonly connected: number
  readonly typed: number
  readonly acknowledged: number
  readonly bytes: number
  readonly closes: Readonly<Record<string, number>>
}

/** What a process of people is told to do. */
export type Ask = { readonly id: number } & (
  | { readonly do: 'be'; readonly setting: Setting }
  | { readonly do: 'connect'; readonly base: Base }
  | { readonly do: 'type'; readonly pauseMs: number }
  | { readonly do: 'rest' }
  | { readonly do: 'settle' }
  | { readonly do: 'leave' }
  | { readonly do: 'figures' }
  | { readonly do: 'audit'; readonly base: Base; readonly extent: Extent }
)

/** What comes of it. */
export interface Answer {
  readonly id: number
  readonly value: Figures | readonly string[] | null
  readonly problem: string | null
}

/** Without the number that `Ask` has. */
type Told = Ask extends infer One ? (One extends Ask ? Omit<One, 'id'> : never) : never

/** All people. */
export interface People {
  /** Everybody connects, and has what the server has. */
  connect(base: Base): Promise<void>
  /** Everybody begins to type, whether connected or not, a letter after each pause of up to so many milliseconds. */
  type(pauseMs: number): Promise<void>
  /** Everybody stops typing. */
  rest(): Promise<void>
  /** Waits until everything that was typed is acknowledged; to be asked when everybody rests. */
  settle(): Promise<void>
  /** Everybody goes. */
  leave(): Promise<void>
  figures(): Promise<Figures>
  /** What a server lacks of what it has to have; it has to be asked before anybody connects again. */
  audit(base: Base, extent: Extent): Promise<readonly string[]>
}

const SCRIPT = fileURLToPath(new URL('people-process.ts', import.meta.url))

/** One process. */
class Group {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer['value']>>()
  #asked = 0

  constructor() {
    this.#child = fork(SCRIPT, { execArgv: ['--conditions=quire-source'] })
    this.#child.on('message', ({ id, value, problem }: Answer) => {
      const waiting = this.#waiting.get(id)
      if (problem === null) waiting?.resolve(value)
      else waiting?.reject(new Error(problem))
      this.#waiting.delete(id)
    })
    this.#child.once('exit', (code) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`a process of people ended with ${code}`))
    })
  }

  ask(told: Told): Promise<Answer['value']> {
    const id = ++this.#asked
    const answered = Promise.withResolvers<Answer['value']>()
    this.#waiting.set(id, answered)
    this.#child.send({ id, ...told })
    return answered.promise
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }
}

/** Starts so many processes, until the test is over, for as many people as there are places. */
export const peopleDuringTest = async (setting: Setting, processes: number): Promise<People> => {
  const groups = Array.from({ length: processes }, () => new Group())
  onTestFinished(() => {
    for (const group of groups) group.end()
  })
  const all = (told: Told): Promise<Answer['value'][]> =>
    Promise.all(groups.map((group) => group.ask(told)))
  const told = async (what: Told): Promise<void> => {
    await all(what)
  }
  await Promise.all(
    groups.map((group, n) => {
      const places = setting.places.filter((_, i) => i % processes === n)
      return group.ask({ do: 'be', setting: { ...setting, places, seed: setting.seed + n } })
    }),
  )
  return {
    connect: ({ yjsUrl }) => told({ do: 'connect', base: { yjsUrl } }),
    type: (pauseMs) => told({ do: 'type', pauseMs }),
    rest: () => told({ do: 'rest' }),
    settle: () => told({ do: 'settle' }),
    leave: () => told({ do: 'leave' }),
    figures: async () => sumOf((await all({ do: 'figures' })) as Figures[]), // people-process.ts
    audit: async ({ yjsUrl }, extent) =>
      ((await all({ do: 'audit', base: { yjsUrl }, extent })) as string[][]).flat(), // the same
  }
}

const sumOf = (groups: readonly Figures[]): Figures => {
  const sum = (of: (figures: Figures) => number) => groups.reduce((all, one) => all + of(one), 0)
  const codes = new Set(groups.flatMap(({ closes }) => Object.keys(closes)))
  return {
    connected: sum(({ connected }) => connected),
    typed: sum(({ typed }) => typed),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    bytes: sum(({ bytes }) => bytes),
    closes: Object.fromEntries(
      [...codes].map((code) => [code, sum(({ closes }) => closes[code] ?? 0)]),
    ),
  }
}
