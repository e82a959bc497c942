/* What was denied, on its way to the patches of its users: merged, as nobody needs it keystroke by keystroke. */
import { ok, type DocId, type Result, type Update } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Content } from '../ports/content.ts'
import type { PatchLimits, Storage, StorageProblem } from '../ports/storage.ts'
import type { Denied, KeptAside } from '../room/aside.ts'
import type { InputOf } from '../room/input.ts'

/** What a document may have beside it: what 100 people write in a while, and no more than a document may be itself. */
export const patchLimits: PatchLimits = { users: 100, bytesPerUser: 1024 * 1024 }

/** What keeping needs. */
export interface KeepPorts {
  readonly storage: Storage
  readonly content: Content
  readonly clock: Clock
}

/** Problems that meet the same document again. */
const FINAL: ReadonlySet<StorageProblem['kind']> = new Set([
  'corrupt',
  'unknown-document',
  'deleted',
  'closed',
])

/** Keeps what was denied beside its document; ends in exactly one input. */
export const keep = async (
  ports: KeepPorts,
  { doc, parts }: { readonly doc: DocId; readonly parts: readonly Denied[] },
): Promise<InputOf<'kept' | 'keepFailed'>> => {
  try {
    const kept: KeptAside[] = []
    for (const { user, updates } of parts) {
      // parts that were kept before a failure are known by their bytes when it is tried again
      const outcome = await keepOf(ports, doc, user, await together(ports, updates))
      if (!outcome.ok) {
        const { kind, message } = outcome.error
        return { kind: 'keepFailed', problem: message, isFinal: FINAL.has(kind) }
      }
      kept.push({ user, outcome: outcome.value })
    }
    return { kind: 'kept', kept }
  } catch (error) {
    return { kind: 'keepFailed', problem: String(error), isFinal: false }
  }
}

/** One update, or as they are where they do not go together. */
const together = async (
  { content }: KeepPorts,
  updates: readonly Update[],
): Promise<readonly Update[]> => {
  if (updates.length === 1) return updates
  const merged = await content.merge(updates)
  return merged.ok ? [merged.value] : updates
}

const keepOf = async (
  { storage, clock }: KeepPorts,
  doc: DocId,
  user: string | null,
  updates: readonly Update[],
): Promise<Result<KeptAside['outcome'], StorageProblem>> => {
  let outcome: KeptAside['outcome'] = 'known'
  for (const update of updates) {
    const kept = await storage.keepPatch(doc, { user, at: clock.wall(), update }, patchLimits)
    if (!kept.ok) return kept
    if (kept.value === 'full') return kept
    if (kept.value === 'kept') outcome = 'kept'
  }
  return ok(outcome)
}
