import type { Context } from 'hono'

/** The token that a request brings, as `?token=` or as `Authorization: Bearer`; null where it brings none. */
export const tokenOf = (c: Context): string | null =>
  c.req.query('token') ?? bearer(c.req.header('authorization'))

const bearer = (header: string | undefined): string | null =>
  header?.match(/^bearer +(\S+)$/i)?.[1] ?? null
