/* What a room has done with its stored document: each of these effects ends in exactly one input. */
import { assertNever, err, type DocName } from '@quire/shared'
import type { Effect } from '../room/effect.ts'
import type { Input } from '../room/input.ts'
import { compact, type CompactionPorts } from './compaction.ts'
import type { Gate } from './gate.ts'
import { keep, type KeepPorts } from './patches.ts'
import { pushOutcome } from './outcome.ts'

/** The effects on storage. */
export type StorageEffect = Extract<
  Effect,
  { kind: 'load' | 'append' | 'keep' | 'compact' | 'catch-up' }
>

/** What they need. */
export interface StorageEffectPorts extends CompactionPorts, KeepPorts {
  /** Bounds how many folds are made at a time. */
  readonly folds: Gate
}

/** The room whose effects they are. */
export interface EffectOwner {
  readonly document: DocName
  readonly isOver: () => boolean
  /** Hears what came of each. */
  readonly push: (input: Input) => void
}

const ENDED = { message: 'the room has ended' }

/** Performs an effect on storage. */
export const performOnStorage = (
  effect: StorageEffect,
  ports: StorageEffectPorts,
  { document, isOver, push }: EffectOwner,
): void => {
  const { storage, commits, folds } = ports
  switch (effect.kind) {
    case 'load':
      return pushOutcome(storage.open(document), {
        succeeded: (opened) => ({ kind: 'loaded', document: opened }),
        failed: (problem, error) => ({
          kind: 'loadFailed',
          problem,
          isDeleted: error?.kind === 'deleted',
        }),
        push,
      })
    case 'append': {
      const { doc, updates, authors, users } = effect
      const stamped = authors.length > 0 ? { authors } : {}
      const named = users.length > 0 ? { users } : {}
      return commits.append({ doc, updates, ...stamped, ...named }, (outcome) =>
        push(
          outcome.ok
            ? { kind: 'appended', appended: outcome.value }
            : { kind: 'appendFailed', problem: outcome.error.message },
        ),
      )
    }
    case 'keep':
      return void keep(ports, effect).then(push)
    case 'compact': {
      // a room that ended while it waited, in a drain, must not take the disk from those that save
      const work = async () => (isOver() ? err(ENDED) : compact(ports, effect.doc))
      return pushOutcome(folds.run(work, effect.turn), {
        succeeded: (folded) => ({ kind: 'compacted', folded }),
        failed: (problem) => ({ kind: 'compactFailed', problem }),
        push,
      })
    }
    case 'catch-up':
      return pushOutcome(storage.read(effect.doc), {
        succeeded: (content) => ({ kind: 'caughtUp', content }),
        failed: (problem) => ({ kind: 'catchUpFailed', problem }),
        push,
      })
    default:
      return assertNever(effect)
  }
}
