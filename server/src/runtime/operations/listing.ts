/*
 * The documents of a server as an operator looks for them: the catalogue, joined with what is open.
 *
 * By name a page is a page of the catalogue. By what only open documents have (sessions, unsaved bytes) those come
 * first that have any, from memory, and then all others by name: a page looks at no more of the catalogue than it shows
 * and what of it was among the first, which is passed over in large steps.
 * By bytes nothing is kept in order; the catalogue is walked once, in pages, for its largest, and that is remembered
 * for half a minute, whoever asks.
 */
import { err, ok, type DocName, type Result } from '@quire/shared'
import type { Clock } from '../../ports/clock.ts'
import type { DocumentFacts, Storage, StorageProblem } from '../../ports/storage.ts'
import { lowerAscii } from '../../storage/names.ts'
import type { Documents } from '../documents.ts'
import { RecentMap } from '../recent-map.ts'
import { logFigures, openFigures, type LogFigures, type OpenFigures } from './open-documents.ts'

/** What a list is ordered by: names ascending, figures descending. */
export type ListOrder = 'name' | 'sessions' | 'unsaved' | 'bytes'

/** A document in a list. */
export interface ListedDocument {
  readonly facts: DocumentFacts
  /** Null where nobody has it open. */
  readonly open: (OpenFigures & { readonly log: LogFigures | null }) | null
}

/** Where a page of a list ended. */
export type ListPlace =
  | { readonly kind: 'figure'; readonly figure: number; readonly name: string }
  | { readonly kind: 'name'; readonly name: DocName; readonly id: DocumentFacts['id'] }
  | { readonly kind: 'rank'; readonly rank: number }

/** What is asked for. */
export interface ListRequest {
  /** Part of the name, in any case of ASCII letters; '' for all. */
  readonly search: string
  readonly order: ListOrder
  readonly after: ListPlace | null
  readonly limit: number
}

/** A page. */
export interface ListedPage {
  readonly documents: readonly ListedDocument[]
  /** Null where there is no more. */
  readonly next: ListPlace | null
}

/** The largest that are told of when a list is ordered by bytes. */
const LARGEST_TOLD = 1_000

/** Documents that are looked at for that, by name: of more, the largest may be among the others. */
const MOST_WALKED = 200_000

/** Documents that are read at a time where more are looked at than shown. */
const PAGE = 1_000

/** How long it is remembered which are the largest, milliseconds. */
const REMEMBERED_MS = 30_000

/** Searches whose largest are remembered. */
const SEARCHES = 8

type Page = Result<ListedPage, StorageProblem>
type Largest = Result<readonly DocumentFacts[], StorageProblem>

/** What lists are made of. */
export interface ListingPorts {
  readonly documents: Documents
  readonly storage: Pick<Storage, 'list' | 'find'>
  readonly clock: Clock
}

/** Lists documents. */
export class Listing {
  readonly #ports: ListingPorts
  readonly #largest = new RecentMap<
    string,
    { readonly at: number; readonly told: Promise<Largest> }
  >(SEARCHES)

  constructor(ports: ListingPorts) {
    this.#ports = ports
  }

  /** A page. */
  page(request: ListRequest): Promise<Page> {
    const { order, after, search } = request
    switch (order) {
      case 'name':
        return this.#byName(request, after?.kind === 'name' ? after : null, () => false)
      case 'bytes':
        return this.#byBytes(request, after?.kind === 'rank' ? after.rank : 0)
      case 'sessions':
      case 'unsaved': {
        const hot = this.#hot(figureOf(order), search)
        if (after?.kind === 'name') {
          const isHot = new Set(hot.map(({ name }) => name))
          return this.#byName(request, after, (name) => isHot.has(name))
        }
        return this.#byFigure(request, hot, after?.kind === 'figure' ? after : null)
      }
    }
  }

  async #byFigure(
    request: ListRequest,
    hot: readonly OpenFigures[],
    after: (ListPlace & { kind: 'figure' }) | null,
  ): Promise<Page> {
    const { limit, order } = request
    const figure = figureOf(order)
    const behind =
      after === null
        ? hot
        : hot.filter(
            (one) =>
              figure(one) < after.figure || (figure(one) === after.figure && one.name > after.name),
          )
    const shown = behind.slice(0, limit)
    const documents: ListedDocument[] = []
    for (const { name } of shown) {
      const facts = await this.#ports.storage.find(name)
      if (!facts.ok) return facts
      if (facts.value !== null) documents.push(this.#listed(facts.value))
    }
    const last = shown.at(-1)
    if (behind.length > limit && last !== undefined)
      return ok({ documents, next: { kind: 'figure', figure: figure(last), name: last.name } })
    const isHot = new Set(hot.map(({ name }) => name))
    const rest = { ...request, limit: limit - shown.length }
    if (rest.limit === 0) {
      // whether there are others is the next page's matter
      const next: ListPlace | null =
        last === undefined ? null : { kind: 'figure', figure: figure(last), name: last.name }
      return ok({ documents, next })
    }
    const others = await this.#byName(rest, null, (name) => isHot.has(name))
    return others.ok
      ? ok({ ...others.value, documents: [...documents, ...others.value.documents] })
      : others
  }

  async #byName(
    { search, limit }: ListRequest,
    place: (ListPlace & { kind: 'name' }) | null,
    isShown: (name: DocName) => boolean,
  ): Promise<Page> {
    const documents: ListedDocument[] = []
    let after: Pick<DocumentFacts, 'name' | 'id'> | null = place
    for (let rows = limit + 1; ; rows = Math.max(rows, PAGE)) {
      const question = { prefix: '', search, after, limit: rows, which: 'present' } as const
      const page: Result<readonly DocumentFacts[], StorageProblem> =
        await this.#ports.storage.list(question)
      if (!page.ok) return page
      for (const facts of page.value) {
        if (isShown(facts.name)) continue
        const last = documents.at(-1)?.facts
        if (documents.length === limit && last !== undefined)
          return ok({ documents, next: { kind: 'name', name: last.name, id: last.id } })
        documents.push(this.#listed(facts))
      }
      if (page.value.length < rows) return ok({ documents, next: null })
      after = page.value.at(-1) ?? null
    }
  }

  async #byBytes({ search, limit }: ListRequest, rank: number): Promise<Page> {
    const largest = await this.#largestOf(search)
    if (!largest.ok) return largest
    const documents = largest.value.slice(rank, rank + limit).map((facts) => this.#listed(facts))
    const next = rank + limit < largest.value.length ? rank + limit : null
    return ok({ documents, next: next === null ? null : { kind: 'rank', rank: next } })
  }

  #largestOf(search: string): Promise<Largest> {
    const { clock } = this.#ports
    const known = this.#largest.get(search)
    if (known !== undefined && clock.now() - known.at < REMEMBERED_MS) return known.told
    const told = this.#walk(search)
    this.#largest.set(search, { at: clock.now(), told })
    // what could not be read is read again by whoever asks next
    void told.then(({ ok: isRead }) => (isRead ? undefined : this.#largest.delete(search)))
    return told
  }

  async #walk(search: string): Promise<Largest> {
    let largest: readonly DocumentFacts[] = []
    let after: Pick<DocumentFacts, 'name' | 'id'> | null = null
    for (let walked = 0; walked < MOST_WALKED; walked += PAGE) {
      const question = { prefix: '', search, after, limit: PAGE, which: 'present' } as const
      const page: Result<readonly DocumentFacts[], StorageProblem> =
        await this.#ports.storage.list(question)
      if (!page.ok) return err(page.error)
      largest = [...largest, ...page.value]
        .toSorted((a, b) => b.bytes - a.bytes)
        .slice(0, LARGEST_TOLD)
      if (page.value.length < PAGE) break
      after = page.value.at(-1) ?? null
    }
    return ok(largest)
  }

  #hot(figure: (one: OpenFigures) => number, search: string): readonly OpenFigures[] {
    const wanted = lowerAscii(search)
    return [...this.#ports.documents.shells()]
      .map(openFigures)
      .filter((one) => figure(one) > 0 && lowerAscii(one.name).includes(wanted))
      .toSorted((a, b) => figure(b) - figure(a) || (a.name < b.name ? -1 : 1))
  }

  #listed(facts: DocumentFacts): ListedDocument {
    const shell = this.#ports.documents.shell(facts.name)
    if (shell === undefined) return { facts, open: null }
    return { facts, open: { ...openFigures(shell), log: logFigures(shell) } }
  }
}

const figureOf =
  (order: ListOrder) =>
  ({ sessions, unsavedBytes }: OpenFigures): number =>
    order === 'sessions' ? sessions : unsavedBytes
