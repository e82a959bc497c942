/* What the rules work with. Runs in browsers as well: nothing of Node, and no test runner. */
import { seq, type Result, type Update } from '@quire/shared'
import * as Y from 'yjs'
import type { KeptDocument, OfflineStore, Position, StoreProblem, Unsaved } from '../store.ts'

/** A tab, or whatever has a store of its own beside others on the same device. */
export interface OfflineTab {
  readonly store: OfflineStore
  /** Ends it as a crash does: nothing is written or told from then on. */
  crash(): Promise<void>
}

/** One device for one test, empty at first. */
export interface OfflineUnderTest {
  /** Opens a tab. */
  tab(): Promise<OfflineTab>
  /** Whether a tab can crash alone; otherwise all of the device do. */
  readonly crashesAlone: boolean
  /** Lets so many milliseconds pass, where time can be made to; where not, a moment passes. */
  pass(ms: number): Promise<void>
  /** Ends all tabs and removes everything. */
  dispose(): Promise<void>
}

/** Makes a fresh, empty device. */
export type MakeOffline = () => Promise<OfflineUnderTest>

/** A rule as a test. */
export interface OfflineRule {
  /** A sentence that begins with the rule's number. */
  readonly title: string
  run(device: OfflineUnderTest): Promise<void>
}

/** A document that is open, with all that its owner was told. */
export interface Opened {
  readonly document: KeptDocument
  readonly heard: readonly Update[]
  readonly inherited: readonly Unsaved[]
  /** The keys up to which it was told that its changes are kept. */
  readonly keptUpTo: readonly number[]
  /** The epochs that it was told of. */
  readonly epochs: readonly number[]
  readonly problems: readonly (StoreProblem | null)[]
  /** What the owner's document holds, but for what it has changed itself. */
  labels(): readonly string[]
}

/** Opens a document, for an owner that writes all down. */
export const openIn = async ({ store }: OfflineTab, name = 'notes'): Promise<Opened> => {
  const heard: Update[] = []
  const inherited: Unsaved[] = []
  const keptUpTo: number[] = []
  const epochs: number[] = []
  const problems: (StoreProblem | null)[] = []
  const document = unwrap(
    await store.open(name, {
      changed: (update) => void heard.push(update),
      belongs: (epoch) => void epochs.push(epoch),
      kept: (key) => void keptUpTo.push(key),
      inherited: (unsaved) => void inherited.push(...unsaved),
      problem: (problem) => void problems.push(problem),
    }),
  )
  const labels = (): readonly string[] => labelsIn([...document.kept.updates, ...heard])
  return { document, heard, inherited, keptUpTo, epochs, problems, labels }
}

/** What a tab finds that opens the document and closes it again. */
export const keptIn = async (tab: OfflineTab, name = 'notes') => {
  const { document } = await openIn(tab, name)
  await document.close()
  const { updates, unsaved, position } = document.kept
  return { updates, position, labels: labelsIn(updates), unsaved: unsaved.map(labelOfUnsaved) }
}

/** The value of a success; fails on a problem. */
export const unwrap = <T, E>(result: Result<T, E>): T => {
  if (!result.ok) throw new Error(`expected success, got ${JSON.stringify(result.error)}`)
  return result.value
}

/** Fails unless both are the same as JSON. */
export const expectSame = (actual: unknown, expected: unknown, what = 'it'): void => {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${what} is ${is}, expected ${should}`)
}

/** Fails unless it holds. */
export const expectThat = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(`expected: ${what}`)
}

/** Waits until it holds; fails after some seconds. */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> => {
  const deadline = Date.now() + 10_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ten seconds: ${what}`)
    await turn()
  }
}

/** Lets timers and messages that are due have their turn. */
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

/** An update, unlike all others, that adds a label to a document. */
export const labelled = (label: string): Update => {
  const doc = new Y.Doc()
  doc.getMap('labels').set(label, true)
  const update = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  return update as Update // Yjs' own encoding
}

/** The labels that these updates add, in alphabetical order. */
export const labelsIn = (updates: readonly Update[]): readonly string[] => {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  const labels = [...doc.getMap('labels').keys()].toSorted()
  doc.destroy()
  return labels
}

/** The label of each of these updates, in their order. */
export const labelsInOrder = (updates: readonly Update[]): readonly string[] =>
  updates.map((update) => labelsIn([update]).join('+'))

/** The label of something unsaved. */
export const labelOfUnsaved = ({ update }: Unsaved): string => labelsInOrder([update]).join()

/** A position of an epoch. */
export const at = (number: number, epoch = 1): Position => ({ epoch, seq: seq(number) })
