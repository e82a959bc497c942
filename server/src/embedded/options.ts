import { err, type Result } from '@quire/shared'
import { optionRows, readConfig, type Config } from '../config.ts'
import { type QuireWebhooks, webhookName, webhookRows } from './webhooks.ts'

/**
 * The bounds that an embedder may set: the rows of the options table that are bounds of documents and clients.
 *
 * @example
 * ```ts
 * import { optionRows, type LimitName } from '@quire/server'
 *
 * const watched: readonly LimitName[] = ['maxSessions', 'maxOpenDocuments']
 *
 * for (const { key, fallback, unit } of optionRows)
 *   if (watched.some((name) => name === key)) console.log(key, fallback, unit) // the default ones
 * ```
 */
export type LimitName = Exclude<
  Extract<keyof Config, `max${string}`>,
  'maxLogLinesPerSecond' | 'maxDrainMs'
>

/**
 * Bounds by their names in the options table (OPTIONS.md), in the unit that stands there.
 *
 * @example
 * ```ts
 * import { createQuire, memoryStorage, openAuth, type QuireLimits } from '@quire/server'
 *
 * const limits: QuireLimits = { maxSessionsPerDocument: 50, maxMessageBytes: 1024 * 1024 }
 *
 * export const quire = createQuire({ storage: memoryStorage(), authorize: openAuth, limits })
 * ```
 */
export type QuireLimits = { readonly [Name in LimitName]?: number | undefined }

/** What of an embedder's options stands in the table, too. */
export interface TableOptions {
  readonly limits?: QuireLimits | undefined
  readonly durability?: Config['durability'] | undefined
  readonly allowedOrigins?: readonly string[] | undefined
  readonly trustedProxies?: readonly string[] | undefined
  readonly webhooks?: QuireWebhooks | undefined
  /** Time of `close`, milliseconds. */
  readonly graceMs?: number | undefined
}

const NOT_LIMITS: ReadonlySet<string> = new Set(['maxLogLinesPerSecond', 'maxDrainMs'])

const isLimit = (key: string): boolean =>
  key.startsWith('max') && !NOT_LIMITS.has(key) && optionRows.some((row) => row.key === key)

/** Checks options against the table that the command's are checked against; the errors are sentences. */
export const readOptions = (options: TableOptions): Result<Config, string> => {
  const { limits = {}, durability, allowedOrigins, trustedProxies, webhooks, graceMs } = options
  const unknown = Object.keys(limits).filter((key) => !isLimit(key))
  if (unknown.length > 0) return err(`limits.${unknown.join(', limits.')}: there is no such limit`)
  const rows = {
    ...limits,
    ...webhookRows(webhooks),
    durability,
    allowedOrigins: allowedOrigins?.join(),
    trustedProxies: trustedProxies?.join(),
    maxDrainMs: graceMs,
  }
  return readTable(rows, (key) =>
    key === 'maxDrainMs' ? 'graceMs' : isLimit(key) ? `limits.${key}` : (webhookName(key) ?? key),
  )
}

/**
 * Reads values of the table's rows; all others are the default ones. The table says what is wrong with a flag or a
 * variable, and an embedder has written neither: `nameOf` a row is what he calls it.
 */
export const readTable = (
  rows: Readonly<Record<string, string | number | undefined>>,
  nameOf: (key: string) => string,
): Result<Config, string> => {
  const flags: Record<string, string> = {}
  for (const [key, value] of Object.entries(rows))
    if (value !== undefined) flags[key] = String(value)
  const config = readConfig(flags, {})
  if (config.ok) return config
  let text = config.error.join('\n')
  for (const { key, flag, env } of optionRows)
    text = text.replaceAll(new RegExp(`--${flag}(?![a-z-])|${env}(?![A-Z_])`, 'g'), nameOf(key))
  return err(text)
}
