/* Webhooks over an outbox in memory, whose clock stands still until it is told to go on. */
import { millis } from '@quire/shared'
import { expect, onTestFinished, vi } from 'vitest'
import type { QuireEvent } from '../../../ports/observe.ts'
import { outboxKinds } from '../../../ports/outbox.ts'
import { nameOf, unwrap } from '../../../storage/contract/fixture.ts'
import { createMemory, createMemoryStorage, type Memory } from '../../../storage/memory.ts'
import { type StorageWeather, withWeather } from '../../../storage/testing/weather.ts'
import { createManualClock, type ManualClock } from '../../testing/manual-clock.ts'
import type { AddressRule } from '../addresses.ts'
import { type WebhookOptions, Webhooks } from '../webhooks.ts'
import { SECRET } from './target.ts'

/** What they are made of, where it matters. */
export interface ToldBy extends Partial<WebhookOptions> {
  readonly memory?: Memory
  readonly addresses?: AddressRule
}

/** Webhooks under test. */
export interface Teller {
  readonly webhooks: Webhooks
  readonly weather: StorageWeather
  readonly clock: ManualClock
  readonly memory: Memory
  readonly events: readonly QuireEvent[]
  /** Writes an event about each of these documents, which are numbered from 1. */
  tell(...documents: string[]): Promise<void>
  /** Lets time pass, and what is due then begin. */
  pass(ms: number): Promise<void>
  /** How many events wait, and are dead. */
  figures(): Promise<{ readonly waiting: number; readonly dead: number }>
}

/** Waits until something holds. */
export const eventually = (holds: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(holds, { timeout: 10_000, interval: 5 })

/** Events of a kind. */
export const eventsOf = <K extends QuireEvent['kind']>(
  { events }: Pick<Teller, 'events'>,
  kind: K,
): readonly Extract<QuireEvent, { kind: K }>[] =>
  events.filter((event): event is Extract<QuireEvent, { kind: K }> => event.kind === kind)

/** Starts webhooks until the test is over. */
export const tellerOf = async (
  urls: readonly string[],
  { memory = createMemory(), addresses, ...options }: ToldBy = {},
): Promise<Teller> => {
  const clock = createManualClock(Date.now())
  const weather = withWeather(createMemoryStorage(memory))
  const events: QuireEvent[] = []
  const webhooks = new Webhooks(
    {
      urls,
      secret: SECRET,
      kinds: outboxKinds,
      debounceMs: 2_000,
      maxWaitMs: 10_000,
      timeoutMs: 10_000,
      allowPrivate: true,
      maxAttempts: 23,
      maxBacklog: 1_000,
      maxDeadLetters: 100,
      ...options,
    },
    {
      outbox: weather.storage,
      clock,
      observe: { event: (event) => void events.push(event) },
      random: () => 0.5,
      ...(addresses === undefined ? {} : { addresses }),
    },
  )
  unwrap(await webhooks.open())
  onTestFinished(() => webhooks.stop())
  let number = 0
  const totals = async () => {
    const all = unwrap(await webhooks.figures())
    const sum = (of: 'waiting' | 'dead') => all.reduce((total, one) => total + one[of], 0)
    return { waiting: sum('waiting'), dead: sum('dead') }
  }
  return {
    webhooks,
    weather,
    clock,
    memory,
    events,
    async tell(...documents) {
      for (const document of documents) {
        const at = millis(clock.wall())
        const notice = { kind: 'session.joined', document: nameOf(document), at } as const
        unwrap(
          await weather.storage.putNotices([{ ...notice, data: { document, number: ++number } }]),
        )
      }
      await webhooks.look()
    },
    async pass(ms) {
      clock.advance(ms)
      await webhooks.look()
    },
    figures: totals,
  }
}

/** Waits until nothing waits for anybody any more. */
export const allTold = (teller: Teller): Promise<void> =>
  eventually(async () => expect((await teller.figures()).waiting).toBe(0))
