/*
 * The options of the server, read and checked. A flag wins over the environment; an unknown or malformed value
 * stops the start.
 */
import { err, ok, utf8Length, type Result } from '@quire/shared'
import { optionRows, type Kind, type OptionRow } from './option-rows.ts'

export { optionRows, type OptionRow } from './option-rows.ts'

/** As long as the hash that HS256 makes (RFC 7518 §3.2). */
const SECRET_BYTES = 32

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/

type Row = (typeof optionRows)[number]
type ValueOf<T extends Kind> = T extends { type: 'choices'; choices: readonly (infer C)[] }
  ? readonly C[]
  : T extends { choices: readonly (infer C)[] }
    ? C
    : T extends { type: 'count' }
      ? number
      : T extends { type: 'switch' }
        ? boolean
        : T extends { type: 'origins' | 'networks' | 'webhook-urls' }
          ? readonly string[]
          : string

/**
 * The options of a server, read and checked.
 *
 * @example
 * ```ts
 * import type { Config } from '@quire/server'
 *
 * // what an operator may want to see when a server starts
 * export const summaryOf = ({ auth, dataDir, durability }: Config): string =>
 *   `documents in ${dataDir}, logins: ${auth}, changes are shown on ${durability}`
 * ```
 */
export type Config = { readonly [R in Row as R['key']]: ValueOf<R['kind']> }

/**
 * Reads all options. `flags` is keyed like the table; the errors are sentences, one per row.
 *
 * @example
 * ```ts
 * import { readConfig } from '@quire/server'
 *
 * const config = readConfig({ port: '8080' }, process.env)
 * if (!config.ok) throw new Error(config.error.join('\n'))
 * console.log(config.value.port, config.value.dataDir)
 * ```
 */
export const readConfig = (
  flags: Readonly<Record<string, string | undefined>>,
  env: Readonly<Record<string, string | undefined>>,
): Result<Config, readonly string[]> => {
  const problems = unknownVariables(env)
  const config: Record<string, unknown> = {}
  for (const option of optionRows) {
    const flag = flags[option.key]
    const raw = flag ?? env[option.env] ?? option.fallback
    const value = readValue(option.kind, raw)
    const name = flag === undefined ? option.env : `--${option.flag}`
    if (value.ok) config[option.key] = value.value
    else {
      problems.push(`${name}: ${value.error}, not ${toldOf(option.kind, raw)}. ${option.about}`)
    }
  }
  if (problems.length > 0) return err(problems)
  const whole = config as Config // every row of the table was read into its key above
  const conflict = conflictIn(whole)
  return conflict === null ? ok(whole) : err([conflict])
}

/** A row as help and documentation tell it: what it does, its values, their unit, and its default. */
export const describeOption = ({ about, kind, unit, fallback }: OptionRow): string => {
  const values = unit === '' ? rangeOf(kind) : `${rangeOf(kind)}, ${unit}`
  return `${about} Value: ${values}. Default: ${fallback === '' ? 'none' : fallback}.`
}

/** What is wrong with the value of an option, with the sentence of its row. */
export const optionSentence = (key: keyof Config, problem: string): string => {
  const row: OptionRow | undefined = optionRows.find((option) => option.key === key)
  return `${row?.env}: ${problem}. ${row?.about}`
}

/** Kinds whose values are secrets, or have them in them. */
const HIDDEN: ReadonlySet<Kind['type']> = new Set([
  'secret',
  'key-url',
  'webhook-urls',
  'webhook-secret',
])

/** A malformed value, for a log: no secret stands in one, not even a mistyped one, nor an address with a password. */
const toldOf = ({ type }: Kind, raw: string): string =>
  HIDDEN.has(type) ? `${raw.length} characters` : JSON.stringify(raw)

const rangeOf = (kind: Kind): string => {
  switch (kind.type) {
    case 'text':
      return 'any text but none'
    case 'optional':
      return 'any text'
    case 'secret':
      return `at least ${SECRET_BYTES} bytes of text`
    case 'key-url':
      return 'an https address without a password, or an http one of this machine'
    case 'origins':
      return 'origins such as https://example.org, or *'
    case 'networks':
      return 'addresses or CIDRs such as 10.0.0.0/8 or 2001:db8::1'
    case 'webhook-urls':
      return `up to ${MOST_WEBHOOKS} http or https addresses without a password, each once`
    case 'webhook-secret':
      return 'whsec_ and 24 to 64 bytes in base64'
    case 'choices':
      return `some of ${kind.choices.join(', ')}`
    case 'switch':
      return 'on or off'
    case 'choice':
      return kind.choices.join(' or ')
    case 'count':
      return `a whole number from ${kind.min} to ${kind.max}`
  }
}

const readValue = (kind: Kind, raw: string): Result<unknown, string> => {
  const malformed = err(`must be ${rangeOf(kind)}`)
  switch (kind.type) {
    case 'text':
      return raw === '' ? malformed : ok(raw)
    case 'optional':
      return ok(raw)
    case 'secret':
      return raw === '' || utf8Length(raw) >= SECRET_BYTES ? ok(raw) : malformed
    case 'key-url':
      return raw === '' || isKeyUrl(raw) ? ok(raw) : malformed
    case 'origins':
      return readOrigins(raw)
    case 'networks':
      return readNetworks(raw)
    case 'webhook-urls':
      return readWebhookUrls(raw)
    case 'webhook-secret':
      return raw === '' || isWebhookSecret(raw) ? ok(raw) : malformed
    case 'choices': {
      const items = itemsOf(raw)
      return items.every((item) => kind.choices.includes(item)) ? ok(items) : malformed
    }
    case 'switch':
      return raw === 'on' || raw === 'off' ? ok(raw === 'on') : malformed
    case 'choice':
      return kind.choices.includes(raw) ? ok(raw) : malformed
    case 'count': {
      const value = /^\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN
      return value >= kind.min && value <= kind.max ? ok(value) : malformed
    }
  }
}

/** Whoever can change what stands there can make tokens: nobody on the way may. */
const isKeyUrl = (raw: string): boolean => {
  const url = URL.parse(raw)
  if (url === null || url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))
}

/** Origins as browsers write them, or they would never match: scheme, host in lower case, no path. */
const readOrigins = (raw: string): Result<readonly string[], string> =>
  readList(
    raw,
    (item) => item === '*' || (URL.canParse(item) && new URL(item).origin === item),
    'origins',
  )

const readNetworks = (raw: string): Result<readonly string[], string> =>
  readList(raw, isNetwork, 'networks')

/** Targets of webhooks at most: each has its own queue, and each event a row for each. */
const MOST_WEBHOOKS = 10

const readWebhookUrls = (raw: string): Result<readonly string[], string> => {
  const items = itemsOf(raw)
  // one address in two spellings would be told twice of everything
  const addresses = new Set(items.map((item) => URL.parse(item)?.href))
  const isPossible = items.length <= MOST_WEBHOOKS && addresses.size === items.length
  return isPossible && items.every(isWebhookUrl)
    ? ok(items)
    : err(`must be ${rangeOf({ type: 'webhook-urls' })}`)
}

const isWebhookUrl = (raw: string): boolean => {
  const url = URL.parse(raw)
  if (url === null || url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || url.protocol === 'http:'
}

/** Standard Webhooks, "Signature scheme": 24 to 64 bytes in base64, behind a prefix that says what it is. */
const isWebhookSecret = (raw: string): boolean => {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(raw) ?? []
  const bytes = Math.floor((encoded.replaceAll('=', '').length * 3) / 4)
  return encoded.length % 4 === 0 && bytes >= 24 && bytes <= 64
}

const itemsOf = (raw: string): readonly string[] =>
  raw
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

const readList = (
  raw: string,
  isItem: (item: string) => boolean,
  type: 'origins' | 'networks',
): Result<readonly string[], string> => {
  const items = itemsOf(raw)
  return items.every((item) => isItem(item)) ? ok(items) : err(`must be ${rangeOf({ type })}`)
}

const BYTE = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^${BYTE}(\\.${BYTE}){3}$`)

/** An address, or one with the length of a prefix (RFC 4632 §3.1, RFC 4291 §2.3). */
const isNetwork = (item: string): boolean => {
  const [address = '', bits, ...more] = item.split('/')
  const isIPv4 = IPV4.test(address)
  const isIPv6 = /^[0-9a-f:.]+$/i.test(address) && URL.canParse(`http://[${address}]/`)
  const isLength =
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4 ? 32 : 128))
  return (isIPv4 || isIPv6) && isLength && more.length === 0
}

const unknownVariables = (env: Readonly<Record<string, string | undefined>>): string[] => {
  const known = new Set<string>(optionRows.map((option) => option.env))
  return Object.keys(env)
    .filter((name) => name.startsWith('QUIRE_') && !known.has(name))
    .map((name) => `${name}: there is no such option; quire serve --help lists them`)
}

const conflictIn = (config: Config): string | null => {
  const { auth, jwtSecret, jwksUrl, jwtIssuer, jwtAudience, tlsCert, tlsKey } = config
  if (auth === 'jwt' && jwtSecret === '' && jwksUrl === '')
    return 'QUIRE_JWT_SECRET: QUIRE_AUTH is jwt, so there must be a secret that tokens are signed with, or a QUIRE_JWKS_URL'
  const unused = { jwtSecret, jwksUrl, jwtIssuer, jwtAudience }
  for (const { key, env } of optionRows)
    if (auth === 'open' && Object.hasOwn(unused, key) && config[key] !== '')
      return `QUIRE_AUTH: there is a ${env}, but open would let everybody in without a token; set jwt`
  if (tlsCert !== '' && tlsKey === '')
    return 'QUIRE_TLS_KEY: there is a QUIRE_TLS_CERT, so there must be the file of its private key'
  if (tlsCert === '' && tlsKey !== '')
    return 'QUIRE_TLS_CERT: there is a QUIRE_TLS_KEY, so there must be the file of its certificate'
  if (config.auth === 'open' && !LOOPBACK.test(config.host) && !config.unsafeOpenToNetwork)
    return (
      `QUIRE_HOST: ${config.host} is not loopback and QUIRE_AUTH is open: everybody who reaches it ` +
      'could read and change everything. If that is what you want, set QUIRE_UNSAFE_OPEN_TO_NETWORK=on'
    )
  if (config.webhookUrls.length > 0 && config.webhookSecret === '')
    return 'QUIRE_WEBHOOK_SECRET: there are QUIRE_WEBHOOK_URLS, so there must be the secret that what they are told is signed with'
  if (!config.webhookAllowPrivate && config.webhookUrls.some((url) => /^http:/i.test(url)))
    return 'QUIRE_WEBHOOK_URLS: one of them is http, which everybody on the way can read; make it https, or set QUIRE_WEBHOOK_ALLOW_PRIVATE=on'
  if (config.webhookDebounceMs > config.webhookMaxWaitMs)
    return `QUIRE_WEBHOOK_MAX_WAIT_MS: ${config.webhookMaxWaitMs} is less than QUIRE_WEBHOOK_DEBOUNCE_MS, ${config.webhookDebounceMs}`
  if (config.maxMessageBytes > config.maxLoadQueueBytes)
    return `QUIRE_MAX_LOAD_QUEUE_BYTES: ${config.maxLoadQueueBytes} is less than QUIRE_MAX_MESSAGE_BYTES, ${config.maxMessageBytes}`
  if (config.maxMessageBytes > config.maxUnsavedBytes)
    return `QUIRE_MAX_UNSAVED_BYTES: ${config.maxUnsavedBytes} is less than QUIRE_MAX_MESSAGE_BYTES, ${config.maxMessageBytes}`
  if (config.maxLagBytes > config.maxQueueBytes)
    return `QUIRE_MAX_QUEUE_BYTES: ${config.maxQueueBytes} is less than QUIRE_MAX_LAG_BYTES, ${config.maxLagBytes}`
  if (config.maxPresenceBytes > config.maxPresenceTotalBytes)
    return `QUIRE_MAX_PRESENCE_TOTAL_BYTES: ${config.maxPresenceTotalBytes} is less than QUIRE_MAX_PRESENCE_BYTES, ${config.maxPresenceBytes}`
  if (config.maxUnsavedBytes > config.maxTotalUnsavedBytes)
    return `QUIRE_MAX_TOTAL_UNSAVED_BYTES: ${config.maxTotalUnsavedBytes} is less than QUIRE_MAX_UNSAVED_BYTES, ${config.maxUnsavedBytes}`
  if (config.maxLoadQueueBytes > config.maxTotalLoadQueueBytes)
    return `QUIRE_MAX_TOTAL_LOAD_QUEUE_BYTES: ${config.maxTotalLoadQueueBytes} is less than QUIRE_MAX_LOAD_QUEUE_BYTES, ${config.maxLoadQueueBytes}`
  if (config.maxSessions > config.maxConnections)
    return `QUIRE_MAX_CONNECTIONS: ${config.maxConnections} is less than QUIRE_MAX_SESSIONS, ${config.maxSessions}`
  return null
}
