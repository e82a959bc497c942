import { closeCodes } from '@quire/shared'

/** True for a refusal that another login may end. */
export const isSignedOut = (code: number): boolean => code === closeCodes.unauthorized.code

/** True for the refusal of a document that was deleted. */
export const isDeletion = (code: number): boolean => code === closeCodes.deleted.code

/** What to tell a person whose document was refused with a final close code (4400–4499). */
export function refusalMessage(code: number): string {
  switch (code) {
    case closeCodes.badFrame.code:
      return 'The server could not read a message from this tab.'
    case closeCodes.unauthorized.code:
      return 'You need to sign in to open this document.'
    case closeCodes.forbidden.code:
      return 'You do not have access to this document.'
    case closeCodes.badName.code:
      return 'The server does not accept this name for a document.'
    case closeCodes.deleted.code:
      return 'This document was deleted.'
    case closeCodes.replaced.code:
      return 'Another document has this name now.'
    default:
      return 'The server does not let this tab open the document.'
  }
}
