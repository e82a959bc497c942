/* What was denied, on its way to the patches of its users: merged, as nobody needs it keystroke by keystroke. */
import { err, bytesEqual, ok, type DocId, type Result, type Update } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Content } from '../ports/content.ts'
import type { PatchLimits, PatchPart, Storage, StorageProblem } from '../ports/storage.ts'
import type { Denied, KeptAside } from '../room/aside.ts'
import type { InputOf } from '../room/input.ts'
import type { Gate } from './gate.ts'

/** What a document may have beside it: what 100 people write in a while, each no more than a document may be itself. */
export const patchLimits: PatchLimits = { users: 100, bytesPerUser: 1024 * 1024 }

/**
 * Patches of a document from which on who never could write in it begins none: anybody with a name who may read can
 * say anything, and half of the places stay for those whose right was taken away.
 */
export const READERS_PLACES = 50

/** What keeping needs. */
export interface KeepPorts {
  readonly storage: Storage
  readonly content: Content
  readonly clock: Clock
  /** Lets one full patch be merged at a time: who fills theirs may cost others their turn at that, and nothing else. */
  readonly merges: Gate
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
    const writers = await writersOf(ports, doc, parts)
    if (!writers.ok) return failed(writers.error)
    for (const denied of parts) {
      const users = writers.value.has(denied.user) ? patchLimits.users : READERS_PLACES
      // parts that were kept before a failure are known by their bytes when it is tried again
      const outcome = await keepOf(ports, doc, denied, { ...patchLimits, users })
      if (!outcome.ok) return failed(outcome.error)
      kept.push({ user: denied.user, outcome: outcome.value })
    }
    return { kind: 'kept', kept }
  } catch (error) {
    return { kind: 'keepFailed', problem: String(error), isFinal: false }
  }
}

const failed = ({ kind, message }: StorageProblem): InputOf<'keepFailed'> => ({
  kind: 'keepFailed',
  problem: message,
  isFinal: FINAL.has(kind),
})

/**
 * Who could write once, as far as places are short. Who was lowered and comes again is a reader by its login: that it
 * could write is what its stamps say.
 */
const writersOf = async (
  { storage }: KeepPorts,
  doc: DocId,
  parts: readonly Denied[],
): Promise<Result<ReadonlySet<string | null>, StorageProblem>> => {
  const lowered = parts.flatMap(({ user, wasLowered }) => (wasLowered ? [user] : []))
  const readers = parts.flatMap(({ user, wasLowered }) =>
    wasLowered || user === null ? [] : [user],
  )
  if (readers.length === 0) return ok(new Set(lowered))
  const patches = await storage.patches(doc)
  if (!patches.ok) return patches
  if (patches.value.length + parts.length <= READERS_PLACES) return ok(new Set(lowered))
  const authors = await storage.authorsAmong(doc, readers)
  return authors.ok ? ok(new Set([...lowered, ...authors.value])) : authors
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

type Kept = Result<KeptAside['outcome'], StorageProblem>

/** Each update has its chance: what is too large for the place that is left costs nothing that is smaller. */
const keepOf = async (
  ports: KeepPorts,
  doc: DocId,
  { user, updates }: Denied,
  limits: PatchLimits,
): Promise<Kept> => {
  const outcomes = new Set<KeptAside['outcome']>()
  for (const update of await together(ports, updates)) {
    const part = { user, at: ports.clock.wall(), update }
    const kept = await ports.storage.keepPatch(doc, part, limits)
    const outcome =
      kept.ok && kept.value === 'full'
        ? await ports.merges.run(() => keepMerged(ports, doc, part, limits))
        : kept
    if (!outcome.ok) return outcome
    outcomes.add(outcome.value)
  }
  return ok(outcomes.has('full') ? 'full' : outcomes.has('kept') ? 'kept' : 'known')
}

/** A client says all that it has at each reconnect, the same words in other bytes: in one they take one place. */
const keepMerged = async (
  { storage, content }: KeepPorts,
  doc: DocId,
  part: PatchPart,
  limits: PatchLimits,
): Promise<Kept> => {
  const patches = await storage.patches(doc)
  if (!patches.ok) return patches
  const own = patches.value.find(({ user }) => user === part.user)
  if (own === undefined) return ok('full') // of patches
  const parts = await storage.patch(doc, own.id)
  if (!parts.ok) return parts
  if (parts.value === null) return storage.keepPatch(doc, part, limits) // dropped since
  const merged = await content.merge([...parts.value, part.update])
  // a server that stops has not said that it does not fit
  if (!merged.ok && merged.error.kind === 'closed')
    return err({ kind: 'closed', message: merged.error.message })
  if (!merged.ok || merged.value.length > limits.bytesPerUser) return ok('full')
  const [only, ...others] = parts.value
  if (only && others.length === 0 && bytesEqual(only, merged.value)) return ok('known')
  const whole = { at: part.at, update: merged.value, parts: parts.value.length }
  const replaced = await storage.replacePatch(doc, own.id, whole)
  if (!replaced.ok) return replaced
  return replaced.value ? ok('kept') : storage.keepPatch(doc, part, limits) // dropped since
}
