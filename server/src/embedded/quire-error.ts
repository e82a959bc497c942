import { closeCodes, type CloseName } from '@quire/shared'

/**
 * What a client would be closed with, or `refused`: what was asked for is not possible with what is there.
 *
 * @example
 * ```ts
 * import type { QuireError, QuireErrorKind } from '@quire/server'
 *
 * const STATUS: { readonly [Kind in QuireErrorKind]?: number } = { badName: 400, deleted: 410, refused: 422 }
 *
 * // what a route of one's own answers with
 * export const statusOf = ({ kind, isTemporary }: QuireError): number =>
 *   STATUS[kind] ?? (isTemporary ? 503 : 500)
 * ```
 */
export type QuireErrorKind = CloseName | 'refused'

/**
 * Why a document did not do what a program asked of it. `kind` is the name of what a client would be closed with,
 * `tryAgainLater`, `serviceRestart`, `deleted`, …, or `refused`; the message says what happened, where, and the limit.
 *
 * @example
 * ```ts
 * import { QuireError, type DocumentHandle } from '@quire/server'
 *
 * export const canBeRead = async (notes: DocumentHandle): Promise<boolean> => {
 *   try {
 *     await notes.read({ as: 'update' })
 *     return true
 *   } catch (error) {
 *     if (error instanceof QuireError && error.kind === 'tryAgainLater') return false
 *     throw error
 *   }
 * }
 * ```
 */
export class QuireError extends Error {
  override readonly name = 'QuireError'
  readonly kind: QuireErrorKind

  constructor(kind: QuireErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }

  /** True where the same may well succeed a moment later. */
  get isTemporary(): boolean {
    return this.kind !== 'refused' && closeCodes[this.kind].advice === 'retry'
  }
}
