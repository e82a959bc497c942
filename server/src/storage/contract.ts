import { describe } from 'vitest'
import { appendingRules } from './contract/appending.ts'
import { authorRules } from './contract/authors.ts'
import { catalogueModelRules } from './contract/catalogue-model.ts'
import { cataloguingRules } from './contract/cataloguing.ts'
import { compactingRules } from './contract/compacting.ts'
import { lifetimeRules } from './contract/lifetime.ts'
import { modelRules } from './contract/model.ts'
import { openingRules } from './contract/opening.ts'
import { deliveryRules } from './contract/deliveries.ts'
import { outboxRules } from './contract/outbox.ts'
import { patchRules } from './contract/patches.ts'
import { quarantiningRules } from './contract/quarantining.ts'
import { revocationRules } from './contract/revocations.ts'
import { versionRules } from './contract/versions.ts'
import type { MakeStorage } from './contract/fixture.ts'

/*
 * What every storage promises. Each rule has tests that cite it; a storage is one if it passes them.
 *
 * ST1   A name is created once, empty, with head 0: every later open, concurrent ones included,
 *       finds the same id and epoch. Epochs are positive safe integers and differ by creation.
 * ST2   Names are compared code point by code point: no case, normalisation, trimming or special
 *       word makes two names one.
 * ST3   A document's updates are numbered 1, 2, 3, … without gaps, in the order of the entry, of the
 *       batch and of the batches. Each document counts for itself.
 * ST4   A batch is stored whole or not at all. One unknown document fails it with
 *       `unknown-document` and nothing of it is stored.
 * ST5   Bytes come back as they went in, whatever they are and however many.
 * ST6   `read` is the snapshot, then every update after it in order. `open` shows the same tail, the
 *       same head, the snapshot's size, state vector and delete set.
 * ST7   Compaction takes the snapshot and deletes exactly the updates up to its `through`, or does
 *       neither (R14). One that covers no more than the stored one changes nothing and says `false`;
 *       one that claims updates beyond the head is refused.
 * ST8   Compaction changes no number: the head stays, updates after `through` stay, the next append
 *       goes on counting, also where nothing but the snapshot is left.
 * ST9   The caller's bytes are not written to, and not needed once the call has resolved. Bytes that
 *       come back belong to the caller: writing to them changes neither the store nor one another.
 * ST10  After `close()` every operation answers `closed`; none throws. What was called before it is
 *       answered as if it had not been called yet. Closing twice is closing once.
 * ST11  Operations may overlap: each has the effect it would have had in some one-by-one order.
 * ST12  What was acknowledged is there when the store is opened again.
 * ST13  A compaction moves the updates that it is told to quarantine, which must be among those that
 *       it takes out of the tail, with number, time, bytes and problem: in the same commit, or not at
 *       all. `quarantined` shows them in the order of the log, and nothing else does.
 * ST14  Of the same bytes a document's quarantine holds one copy, the first.
 * ST15  A snapshot's index is stored and replaced with it. `parts` reads the snapshot that was meant, or
 *       says that it is not there.
 * ST16  Each opening for writing is another writer, by a number of its own that is not taken from what is
 *       stored. Who wrote an update is known as long as it is in the tail, or the last one inside the snapshot.
 * ST17  The name of a deleted document opens nothing (`deleted`) until one is made in its place, by `create`
 *       only, or it is undeleted. By its id it goes on as before: what was on its way to it is kept in it.
 * ST18  Undeleting gives a document back as it was, with another epoch; it is refused while another one has
 *       its name. Deleting what is deleted and undeleting what is there change nothing.
 * ST19  `create` makes a document with its seed and the seed's authors in one commit, or finds one of that name
 *       and changes nothing. One key makes one document, until that one is purged or the key is freed; it is
 *       taken for an empty document that it finds.
 * ST20  `list` shows each document that fits once, in the order of code points, then of ids; any size of page
 *       gives the same list. Nothing in a prefix or a search is a pattern. Facts say what the log says.
 * ST21  Purging drops what was deleted before that time, the oldest deletions first, with all that belongs to it.
 *       An id of a purged document is never given again, and its name is as if it had never been.
 * ST22  Authors are stored in the commit of their updates. What was stamped stays; what the range before says is
 *       not kept again, nor is the same range. A stamp that ends changes nothing from its end on: nobody without a
 *       name becomes somebody, nor does somebody else. `authorsAmong` says who of some users has a range.
 * ST23  Versions come back as they went in, until they are removed or are not among the newest unnamed ones that
 *       were to stay. Named ones stay; one more than were to be named is not kept, and not named, and changes
 *       nothing, while one that has a name takes another one. Numbers increase over all documents and are not given again.
 * ST24  A patch holds each part of its user once, in order, up to its bounds; what does not fit changes nothing. The
 *       bounds are those that come with the part, and whoever has a patch keeps it. Its parts are replaced by one
 *       that holds them only if they are as many as it was made of.
 * ST25  Revocations outlive the storage's life, until they are taken back, or have ended and are read.
 * ST26  Without a plan no event is written. With one, an event of a kind that is wanted is written in the commit of what
 *       it tells, once, with one id at all endpoints; a commit that fails, or changes nothing, tells nothing.
 * ST27  What is appended marks its document. It is told of, with its head and the users whose changes these are, once it
 *       has rested or has waited for long enough, and its mark goes in the same commit. Marks outlive the storage's life.
 *       A deletion tells of it first; a deleted document is not told of.
 * ST28  Each delivery is due until an attempt at it is recorded: then it is gone, due later, or dead. One that is due in
 *       more than a day is due: the clock was set back. An event goes with its last delivery. Deliveries outlive the storage's life; those of an endpoint that the next plan has not are
 *       dropped and counted.
 * ST29  Dead letters are listed until they are replayed, under the same id, or dropped. Beyond their bound the oldest go,
 *       and are counted.
 * ST30  Beyond the bound of an endpoint a change takes the place of those of its document and names their users too;
 *       what finds no place is dropped and counted. Other endpoints have theirs all the same.
 */

export type { MakeStorage, StorageUnderTest } from './contract/fixture.ts'

/** How much of the suite is played. */
export interface ContractOptions {
  readonly histories?: number
  /** True where tests see a storage that others use, too: its outbox is one for all, so ST26 to ST30 are left out. */
  readonly isShared?: boolean
}

/**
 * Declares the suite of rules ST1 to ST30 for the storage that `make` makes, one per test. Beside
 * the examples it plays `histories` random ones, each on a storage of its own.
 */
export const storageContract = (
  title: string,
  make: MakeStorage,
  { histories = 40, isShared = false }: ContractOptions = {},
): void => {
  describe(`${title} keeps the storage contract`, () => {
    openingRules(make)
    appendingRules(make)
    compactingRules(make)
    quarantiningRules(make)
    lifetimeRules(make)
    modelRules(make, histories)
    cataloguingRules(make)
    catalogueModelRules(make, histories)
    authorRules(make)
    versionRules(make)
    patchRules(make)
    revocationRules(make)
    if (isShared) return
    outboxRules(make)
    deliveryRules(make)
  })
}
