/*
 * The tabs of a browser that have a document open. Each opener holds a lock of its own for its life, which
 * the browser takes from it however that ends; the others ask for it, and have it once it is gone.
 *
 *   quire 1 ⟨store⟩ ⟨document⟩ ⟨opener⟩     held by the opener, asked for by all others, shared
 *   quire 1 ⟨store⟩ ⟨document⟩ elected      held by one of them
 *   quire 1 ⟨store⟩ ⟨document⟩              the BroadcastChannel of its openers
 *
 * Who joins takes its lock, listens, says hello, and only then looks who else holds one: so of two who join at
 * once, one sees the other's lock or hears its hello.
 */
import { err, ok, type Result } from '@quire/shared'
import { exact } from '../exact.ts'
import type { StoreProblem } from '../store.ts'
import type { JoinSiblings, SiblingEvent, SiblingMessage } from '../siblings.ts'
import { problemOf } from './problem.ts'

type ChannelMessage = SiblingMessage | { readonly kind: 'hello'; readonly opener: string }

/** Joins the tabs that have opened a document in the same store. */
export const joinTabs =
  (store: string): JoinSiblings =>
  async (document, onEvent) => {
    const locks = globalThis.navigator?.locks as LockManager | undefined // not on plain http
    if (locks === undefined) return err(NO_LOCKS)
    try {
      return ok(await join(locks, `quire 1 ${store} ${document}`, onEvent))
    } catch (error) {
      return err(problemOf(error, `cannot share ${document} with other tabs`))
    }
  }

const join = async (locks: LockManager, scope: string, onEvent: (event: SiblingEvent) => void) => {
  const self = crypto.randomUUID()
  const leaving = Promise.withResolvers<void>()
  const asking = new AbortController()
  const lockOf = (opener: string): string => `${scope} ${opener}`

  /** Asks for a lock, and holds it until this opener leaves. */
  const hold = (name: string, onHeld: () => void): Promise<void> =>
    locks.request(name, { signal: asking.signal }, () => {
      onHeld()
      return leaving.promise
    })
  const watch = (opener: string): void => {
    const tell = (): void => {
      if (!asking.signal.aborted) onEvent({ kind: 'left', opener })
    }
    const options = { mode: 'shared', signal: asking.signal } as const
    locks.request(lockOf(opener), options, tell).catch(untilLeft)
  }
  const alive = async (): Promise<readonly string[]> => {
    const { held = [] } = await locks.query()
    return held.flatMap(({ name = '' }) => {
      const opener = name.slice(scope.length + 1)
      return name === lockOf(opener) && opener.length === self.length ? [opener] : []
    })
  }

  let channel: BroadcastChannel | null = null
  const post = (message: ChannelMessage): void => channel?.postMessage(message)
  const leave = (): void => {
    asking.abort()
    channel?.close()
    leaving.resolve()
  }

  try {
    await new Promise<void>((resolve, reject) => {
      hold(lockOf(self), resolve).catch(reject)
    })
    channel = new BroadcastChannel(scope)
    channel.addEventListener('message', ({ data }: MessageEvent<ChannelMessage>) => {
      if (data.kind !== 'hello') return onEvent({ kind: 'heard', message: data })
      watch(data.opener)
      onEvent({ kind: 'joined' })
    })
    post({ kind: 'hello', opener: self })
    for (const opener of await alive()) if (opener !== self) watch(opener)
    hold(`${scope} elected`, () => onEvent({ kind: 'elected' })).catch(untilLeft)
  } catch (error) {
    leave() // what is held by now would be held as long as the page lives
    throw error
  }

  return {
    self,
    tell: (message: SiblingMessage) => {
      if (asking.signal.aborted) return
      post('updates' in message ? { ...message, updates: message.updates.map(exact) } : message)
    },
    gone: async (openers: readonly string[]): Promise<Result<readonly string[], StoreProblem>> => {
      try {
        const living = await alive()
        return ok(openers.filter((opener) => !living.includes(opener)))
      } catch (error) {
        return err(problemOf(error, 'cannot see which other tabs are open'))
      }
    },
    leave,
  }
}

const NO_LOCKS: StoreProblem = {
  kind: 'unavailable',
  message:
    'this browser keeps nothing for this page: it has no Web Locks here, which pages have over https only',
}

/** Whoever leaves asks for no lock any more. */
const untilLeft = (): void => undefined
