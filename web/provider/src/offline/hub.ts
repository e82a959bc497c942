/*
 * Openers that live in one process. What is told arrives in the same turn, once the one who tells it is done.
 */
import { ok } from '@quire/shared'
import type { JoinSiblings, SiblingEvent } from './siblings.ts'

interface Opener {
  readonly self: string
  readonly onEvent: (event: SiblingEvent) => void
}

/** Lets those who join through it know of one another. */
export const createHub = (): { readonly join: JoinSiblings } => {
  const documents = new Map<string, Set<Opener>>()
  let openers = 0

  const send = (document: string, to: Opener, event: SiblingEvent): void =>
    queueMicrotask(() => {
      if (documents.get(document)?.has(to)) to.onEvent(event)
    })

  return {
    join: async (document, onEvent) => {
      const there = documents.get(document) ?? new Set()
      const me: Opener = { self: `opener ${++openers}`, onEvent }
      const toOthers = (event: SiblingEvent): void => {
        for (const other of there) if (other !== me) send(document, other, event)
      }
      toOthers({ kind: 'joined' })
      documents.set(document, there.add(me))
      if (there.size === 1) send(document, me, { kind: 'elected' })
      return ok({
        self: me.self,
        tell: (message) => toOthers({ kind: 'heard', message }),
        gone: async (asked) => {
          const alive = new Set([...there].map(({ self }) => self))
          return ok(asked.filter((self) => !alive.has(self)))
        },
        leave: () => {
          const [elected] = there
          if (!there.delete(me)) return
          if (there.size === 0) documents.delete(document)
          toOthers({ kind: 'left', opener: me.self })
          const [next] = there
          if (elected === me && next !== undefined) send(document, next, { kind: 'elected' })
        },
      })
    },
  }
}
