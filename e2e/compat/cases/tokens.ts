import { sign } from '../servers/login.ts'

/** What is allowed, and for how long. */
interface Terms {
  /** Without it for good. */
  readonly forMs?: number
  readonly secret?: string
}

/** A token of one document. It ends at a full second, so up to one second earlier than it is told to. */
export const tokenFor = (
  document: string,
  access: 'read' | 'comment' | 'write',
  { forMs, secret }: Terms = {},
): string =>
  sign(
    {
      sub: 'ann',
      docs: [{ name: document, access }],
      ...(forMs !== undefined && { exp: Math.floor((Date.now() + forMs) / 1000) }),
    },
    secret,
  )
