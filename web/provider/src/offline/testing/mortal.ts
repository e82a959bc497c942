/*
 * Tabs over one memory that can crash: from then on nothing they do has an effect, and nothing answers them.
 * Each of their operations takes as long as `weather` says, before and after it has its effect.
 */
import { ok, type Result } from '@quire/shared'
import { systemClock, type OfflineClock } from '../clock.ts'
import { turn, type OfflineUnderTest } from '../contract/fixture.ts'
import { storeOn } from '../device-store.ts'
import { createOfflineMemory, memoryRecords, type OfflineMemory } from '../memory.ts'
import type { DocumentRecords, Records } from '../records.ts'
import { plainly, type Keeping } from '../note.ts'
import type { JoinSiblings, Siblings } from '../siblings.ts'
import type { OfflineStore, StoreProblem } from '../store.ts'

/** What happens to an operation. */
export interface Weather {
  /** Passes time, before an operation has its effect or after that. */
  pause(operation: keyof DocumentRecords, moment: 'before' | 'after'): Promise<void>
  /** Why the next operation of this kind fails, if it does. */
  problem(operation: keyof DocumentRecords): StoreProblem | null
}

/** Operations take some turns, and none fails. */
export const calm: Weather = {
  pause: async () => {
    for (let turns = 0; turns < 3; turns++) await Promise.resolve()
  },
  problem: () => null,
}

/** A tab that can crash. */
export interface MortalTab {
  readonly store: OfflineStore
  crash(): Promise<void>
}

/** A device in memory, with tabs that can crash. */
export const mortalDevice = (options?: MortalOptions): OfflineUnderTest => {
  const memory = createOfflineMemory()
  const tabs: MortalTab[] = []
  return {
    crashesAlone: true,
    pass: () => turn(),
    tab: async () => {
      const tab = mortalTab(memory, options)
      tabs.push(tab)
      return tab
    },
    dispose: async () => {
      for (const tab of tabs) await tab.crash()
    },
  }
}

/** How a tab is, where it is not as usual. */
export interface MortalOptions {
  readonly weather?: Weather
  readonly clock?: OfflineClock
  readonly keeping?: Keeping
}

/** Opens a tab over a memory. */
export const mortalTab = (
  memory: OfflineMemory,
  { weather = calm, clock = systemClock, keeping = plainly }: MortalOptions = {},
): MortalTab => {
  let isAlive = true
  const joined = new Set<Siblings>()
  const never = new Promise<never>(() => undefined)

  const under =
    <A extends readonly unknown[], T>(
      operation: keyof DocumentRecords,
      act: (...args: A) => Promise<Result<T, StoreProblem>>,
    ) =>
    async (...args: A): Promise<Result<T, StoreProblem>> => {
      await weather.pause(operation, 'before')
      if (!isAlive) return never
      const problem = weather.problem(operation)
      const result = problem === null ? await act(...args) : { ok: false as const, error: problem }
      await weather.pause(operation, 'after')
      return isAlive ? result : never
    }

  const mortal = (document: DocumentRecords): DocumentRecords => ({
    read: under('read', document.read),
    write: under('write', document.write),
    adopt: under('adopt', document.adopt),
    fold: under('fold', document.fold),
    clear: under('clear', document.clear),
    close: document.close,
  })

  const inner = memoryRecords(memory)
  const records: Records = {
    ...inner,
    document: async (key, label) => {
      const document = await inner.document(key, label)
      return document.ok ? ok(mortal(document.value)) : document
    },
  }

  const join: JoinSiblings = async (document, onEvent) => {
    const siblings = await memory.join(document, onEvent)
    if (!siblings.ok) return siblings
    if (!isAlive) {
      siblings.value.leave()
      return never
    }
    joined.add(siblings.value)
    return ok({
      ...siblings.value,
      tell: (message) => {
        if (isAlive) siblings.value.tell(message)
      },
    })
  }

  return {
    store: storeOn({ prepare: () => keeping(records), join, clock }),
    crash: async () => {
      isAlive = false
      for (const siblings of joined) siblings.leave()
    },
  }
}
