/* The texts and people that scenarios share, made once and only when they are asked for. */
import { baseOf, EMPTY, transactionsOf, Typists, type Base } from '../load/corpus.ts'

/** A text of some kilobytes that a room starts from, and people who go on with it. */
export interface Material {
  readonly base: Base
  readonly typists: Typists
}

const SEED = 20_240_701

let svelte: ReturnType<typeof transactionsOf> | undefined

/** The session that people type stretches of. */
export const session = () => (svelte ??= transactionsOf('sveltecomponent'))

let inText: Promise<Material> | undefined

/** A text of 8,000 keystrokes, and people who edit it. */
export const material = (): Promise<Material> =>
  (inText ??= session().then((transactions) => {
    const base = baseOf(transactions.slice(0, 8_000))
    return { base, typists: new Typists(base, transactions, SEED) }
  }))

let fromNothing: Promise<Material> | undefined

/** People who only build on what they have typed themselves, so they can be put into any document. */
export const strangers = (): Promise<Material> =>
  (fromNothing ??= session().then((transactions) => ({
    base: EMPTY,
    typists: new Typists(EMPTY, transactions, SEED + 1_000_000),
  })))
