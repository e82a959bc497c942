import type { Grant, GrantPart } from '../ports/auth.ts'

/** A grant of somebody of whom no more is known. */
export const plainGrant = (part: GrantPart): Grant => ({
  name: null,
  tokenId: null,
  issuedAt: null,
  isApplication: false,
  ...part,
})
