/*
 * The options of the server: one table. Flags, environment, help and documentation come from it.
 */
import { outboxKinds } from './ports/outbox.ts'

/** What values an option takes. */
export type Kind =
  | { readonly type: 'text' }
  | { readonly type: 'optional' }
  | { readonly type: 'secret' }
  | { readonly type: 'key-url' }
  | { readonly type: 'origins' }
  | { readonly type: 'networks' }
  | { readonly type: 'switch' }
  | { readonly type: 'webhook-urls' }
  | { readonly type: 'webhook-secret' }
  | { readonly type: 'choices'; readonly choices: readonly string[] }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'count'; readonly min: number; readonly max: number }

/**
 * One row of the table. `env` is `QUIRE_` and the flag in capitals.
 *
 * @example
 * ```ts
 * import { optionRows, type OptionRow } from '@quire/server'
 *
 * const lineOf = ({ flag, env, about }: OptionRow): string => `--${flag} or ${env}: ${about}`
 *
 * for (const row of optionRows) console.log(lineOf(row))
 * ```
 */
export interface OptionRow {
  readonly key: string
  readonly flag: string
  readonly env: string
  readonly kind: Kind
  /** As it would be written; '' is "none". */
  readonly fallback: string
  readonly unit: string
  /** What it does, and why the default is what it is. */
  readonly about: string
}

const row = <K extends string, T extends Kind>(
  key: K,
  kind: T,
  [fallback, unit, about]: readonly [string, string, string],
) => {
  const flag = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const env = `QUIRE_${flag.replaceAll('-', '_').toUpperCase()}`
  return { key, flag, env, kind, fallback, unit, about } as const
}

const text = { type: 'text' } as const
const optional = { type: 'optional' } as const
const secret = { type: 'secret' } as const
const keyUrl = { type: 'key-url' } as const
const origins = { type: 'origins' } as const
const networks = { type: 'networks' } as const
const onOff = { type: 'switch' } as const
const webhookUrls = { type: 'webhook-urls' } as const
const webhookSecret = { type: 'webhook-secret' } as const
const webhookEvents = { type: 'choices', choices: outboxKinds } as const
const oneOf = <C extends string>(...choices: readonly C[]) => ({ type: 'choice', choices }) as const
const count = (min: number, max: number) => ({ type: 'count', min, max }) as const

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB

/**
 * Every option of the server.
 *
 * @example
 * ```ts
 * import { optionRows } from '@quire/server'
 *
 * for (const { flag, fallback, unit } of optionRows) console.log(`--${flag}`, fallback, unit)
 * ```
 */
export const optionRows = [
  row('host', text, ['127.0.0.1', '', 'Address to listen on.']),
  row('port', count(0, 65_535), ['4400', '', 'Port to listen on; 0 takes a free one.']),
  row('dataDir', text, ['.quire', 'directory', 'Where documents are kept; made if it is missing.']),
  row('durability', oneOf('ack', 'relay'), [
    'ack',
    '',
    'When others see a change: at once, with the sender told after the commit (ack), or only after the commit (relay).',
  ]),
  row('synchronous', oneOf('full', 'normal'), [
    'full',
    '',
    'Whether a commit waits until the disk has it (full), or may be lost to a power cut but not to a crash of the process (normal).',
  ]),
  row('migrationBackup', onOff, [
    'on',
    '',
    'Whether the database is copied beside itself before a new version of Quire changes its schema (quire-before-schema-….db, of which three are kept); off where it is too large for that and a copy is kept elsewhere.',
  ]),
  row('garbageCollection', onOff, [
    'on',
    '',
    'Whether the content of what was deleted goes when a document is folded, as in Yjs; off keeps it for good, and with it the size.',
  ]),
  row('auth', oneOf('open', 'jwt'), [
    'open',
    '',
    'Who may open what. open: everybody everything, and therefore on loopback only. jwt: what a signed token grants.',
  ]),
  row('jwtSecret', secret, [
    '',
    'text',
    'Secret that tokens are signed with (HS256). Better in the environment than on a command line, which everybody on the machine can read.',
  ]),
  row('jwksUrl', keyUrl, [
    '',
    'address',
    'Where the public keys are that tokens are signed with (JWKS): RS256 and its kin, PS256, ES256, EdDSA. With a QUIRE_JWT_SECRET too, both kinds of tokens are taken; without one the server makes no tokens for y-sweet’s clients.',
  ]),
  row('jwtIssuer', optional, [
    '',
    'text',
    'Who has to have issued a token (iss); without it, whoever has the key.',
  ]),
  row('jwtAudience', optional, [
    '',
    'text',
    'For whom a token has to be (aud). Set it where the same keys sign tokens for other servers.',
  ]),
  row('unsafeOpenToNetwork', onOff, [
    'off',
    '',
    'Lets an open server listen beyond loopback: everybody who reaches it can read and change everything.',
  ]),
  row('allowedOrigins', origins, [
    '',
    'origins, comma-separated',
    'Web origins whose pages may connect; * for all. Pages of the server itself may where its host is an address or localhost; a name must be listed, as anybody can point a name here. By a name that is not listed an open server answers /health/…, /ready and the editor’s files, and refuses HTTP requests for documents.',
  ]),
  row('trustedProxies', networks, [
    '',
    'addresses or CIDRs, comma-separated',
    'Proxies in front of this server: what their X-Forwarded-For says counts as the client’s address, and their X-Forwarded-Proto says whether it uses TLS. Without them, everybody behind a proxy counts as one address, unless it is on this machine.',
  ]),
  row('tlsCert', optional, [
    '',
    'file',
    'Certificate with its chain, as PEM: the port then speaks https and wss, and nothing else. Read anew on SIGHUP.',
  ]),
  row('tlsKey', optional, [
    '',
    'file',
    'Private key of QUIRE_TLS_CERT, as PEM, without a passphrase.',
  ]),
  row('webhookUrls', webhookUrls, [
    '',
    'addresses, comma-separated',
    'Who is told of documents by HTTP (WEBHOOKS.md); none: nobody is. At most ten.',
  ]),
  row('webhookSecret', webhookSecret, [
    '',
    'text',
    'Secret that what is told is signed with, as Standard Webhooks has it. Better in the environment than on a command line.',
  ]),
  row('webhookEvents', webhookEvents, [
    'document.created,document.changed,document.deleted,document.restored,version.created',
    'events, comma-separated',
    'What is told. Without session.joined and session.left, as everybody who opens a document would be two of them.',
  ]),
  row('webhookDebounceMs', count(0, 3_600_000), [
    '2000',
    'milliseconds',
    'Time without a change after which a document is told of: who stops to think has ended a thought.',
  ]),
  row('webhookMaxWaitMs', count(0, 86_400_000), [
    '10000',
    'milliseconds',
    'Time after which a document that is written to all the while is told of all the same.',
  ]),
  row('webhookTimeoutMs', count(100, 600_000), [
    '10000',
    'milliseconds',
    'Time for one attempt, from the look-up of the name to the end of the answer.',
  ]),
  row('webhookAllowPrivate', onOff, [
    'off',
    '',
    'Lets targets have addresses of this machine or of a private network, and http without TLS. Off, so that nobody who may choose a target reaches what only this machine may.',
  ]),
  row('logLevel', oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'), [
    'info',
    '',
    'Least level that is logged.',
  ]),
  row('maxLogLinesPerSecond', count(1, 1_000_000), [
    '50',
    'lines a second',
    'Lines of one kind of event; what is left out is counted. A flood of refused connections then fills no disk.',
  ]),
  row('maxMessageBytes', count(KIB, 128 * MIB), [
    String(16 * MIB),
    'bytes',
    'Largest message a client may send; a longer one closes it with 1009. Room for a long offline session’s changes in one message.',
  ]),
  row('maxMessagesPerSecond', count(1, 10_000_000), [
    '20000',
    'messages a second',
    'Messages of one client, each counted once for every session that it is for, at most 100 times; of who says more, less is read. Alone, 20,000 a second; in a crowd still 200, where a person types 20 and moves a cursor 60 times.',
  ]),
  row('maxBytesPerSecond', count(KIB, 64 * GIB), [
    String(64 * MIB),
    'bytes a second',
    'Bytes of one client, counted the same way; of who says more, less is read. In a crowd still 655 KB a second.',
  ]),
  row('maxBurstMs', count(1, 3_600_000), [
    '250',
    'milliseconds',
    'How far a client may be ahead of its rates: by default 5,000 messages and 16 MiB alone, which is the largest message, and 50 messages in a crowd. A larger message is taken in, and paid for with a pause.',
  ]),
  row('maxHeldBackMs', count(100, 86_400_000), [
    '300000',
    'milliseconds',
    'How long a client may go on saying more than its rates before it is told to come back, and how long it is not read at a time: longer than a large import takes; after 10 s within the rates it begins anew.',
  ]),
  row('maxLagBytes', count(64 * KIB, GIB), [
    String(MIB),
    'bytes',
    'Updates that wait for one client to read; above it the client is told of no more of them, and gets what it has missed at once when it has read what waits.',
  ]),
  row('maxQueueBytes', count(64 * KIB, GIB), [
    String(32 * MIB),
    'bytes',
    'Most that waits for one client to read; above it the client is disconnected. Must hold the largest messages.',
  ]),
  row('maxAnswerBytes', count(MIB, 64 * GIB), [
    String(256 * MIB),
    'bytes',
    'What clients that join are to be sent and have not read yet, shared by those who are sent the same; beyond it, joiners wait. A document larger than this is sent to one version’s joiners at a time. As much again for documents that are read by HTTP, and once more for what is made of them for one reader, such as a format or a version; of both together one address may hold a quarter.',
  ]),
  row('maxReadMs', count(100, 3_600_000), [
    '60000',
    'milliseconds',
    'Time for a client to read 2 MiB of a large document before it loses its place to joiners who wait for one, and is told to come back: a quarter of a line of 1 Mbit/s, with room for a stall of 20 s. By HTTP the time for 2 MiB of a document or of what is sent, or its end.',
  ]),
  row('maxUnsavedBytes', count(KIB, GIB), [
    String(64 * MIB),
    'bytes',
    'Most that one document keeps in memory while the disk refuses; above it, changes are refused.',
  ]),
  row('maxTotalUnsavedBytes', count(KIB, 64 * GIB), [
    String(256 * MIB),
    'bytes',
    'Most that all documents together keep in memory while the disk refuses; above it, changes are refused: four documents at their own limit.',
  ]),
  row('maxLoadQueueBytes', count(KIB, GIB), [
    String(32 * MIB),
    'bytes',
    'Most that a client may say before its document is open: two of the largest messages.',
  ]),
  row('maxTotalLoadQueueBytes', count(KIB, 64 * GIB), [
    String(256 * MIB),
    'bytes',
    'Most that all clients together may say before their documents are open: eight clients at their own limit. As much again for bodies of HTTP requests, at most half of it for those that name their document themselves, and are read before it is known whether their login may; and once more for what event streams bring. Of each, one address may hold a quarter.',
  ]),
  row('maxLoginMs', count(100, 600_000), [
    '10000',
    'milliseconds',
    'Time for a login to be checked before the client is told to come back.',
  ]),
  row('maxLoginBytes', count(128, GIB), [
    String(256 * KIB),
    'bytes',
    'Most that is kept of what a client says before its login is checked. It is not read until then, so this is what one read may bring: 64 KiB, but 128 bytes for each message.',
  ]),
  row('maxLoginMessages', count(1, 1_000_000), [
    '1000',
    'messages',
    'The same in messages. A client says two, and one for each change that its user makes meanwhile.',
  ]),
  row('maxLogins', count(1, 1_000_000), [
    '5000',
    'clients',
    'Newcomers whose login is being checked at the same time; a further one is told to come back. Half of all sessions, for when all of them come back at once. A new login of an open session takes no place here: of those it has one at a time.',
  ]),
  row('maxDocumentsPerConnection', count(1, 100_000), [
    '100',
    'documents',
    'Documents that one connection of Hocuspocus or quire.v1 may have open at the same time; a further one is denied. As many as Hocuspocus lets wait.',
  ]),
  row('maxPendingBytes', count(128, GIB), [
    String(5 * MIB),
    'bytes',
    'Most that is kept of what the documents of one connection of Hocuspocus or quire.v1 say before their logins are checked: such a connection cannot be left unread for one of them. As much as Hocuspocus keeps.',
  ]),
  row('maxPendingMessages', count(1, 1_000_000), ['1000', 'messages', 'The same in messages.']),
  row('maxOpenDocuments', count(1, 1_000_000), [
    '20000',
    'documents',
    'Documents open at the same time; who wants to open a further one is told to come back. Twice the sessions, for those that are saved after everybody has left.',
  ]),
  row('maxSessionsPerDocument', count(1, 100_000), [
    '1000',
    'sessions',
    'Sessions on one document; a further one is told to come back.',
  ]),
  row('maxSessions', count(1, 1_000_000), [
    '10000',
    'sessions',
    'Sessions on all documents; a further one is refused with 503, or told to come back where it shares a connection.',
  ]),
  row('maxSessionsPerAddress', count(1, 1_000_000), [
    '2000',
    'sessions',
    'Sessions of one address, for IPv6 of one /64; a further one is refused with 429, or told to come back where it shares a connection. Room for a school or an office behind one address, a fifth of all. Loopback is not counted.',
  ]),
  row('maxConnections', count(1, 1_000_000), [
    '20000',
    'connections',
    'TCP connections; a further one is dropped. Twice the sessions, for page loads and those that come and go.',
  ]),
  row('maxHandshakes', count(1, 1_000_000), [
    '5000',
    'connections',
    'Connections that are no session yet, page loads included; a further one is refused with 503. Half of all sessions, for when all of them come back at once.',
  ]),
  row('maxHandshakesPerAddress', count(1, 1_000_000), [
    '500',
    'connections',
    'The same of one address; a further one is refused with 429. Loopback is not counted.',
  ]),
  row('maxHandshakesPerMinute', count(1, 10_000_000), [
    '3000',
    'handshakes a minute',
    'WebSocket handshakes and new event streams of one address, for IPv6 of one /64: so many at once, and again in a minute; a further one is refused with 429. All sessions of an address may come back at once, and half of them a second time. Loopback is not counted.',
  ]),
  row('maxRequestsPerMinute', count(1, 10_000_000), [
    '20000',
    'requests a minute',
    'HTTP requests of one address, for IPv6 of one /64, page loads included, /health, the preflights of browsers and the requests of an event stream not: so many at once, and again in a minute; a further one is refused with 429. An application asks twice for each client’s token, and all sessions may come back in one minute. Loopback is not counted.',
  ]),
  row('maxApiRequestsPerMinute', count(1, 10_000_000), [
    '3000',
    'requests a minute',
    'Requests of one login to /api/v1, of those without one of one address: so many at once, and again in a minute; a further one is refused with 429. Fifty a second, of which an export asks one for each document.',
  ]),
  row('maxApiBodyBytes', count(KIB, 128 * MIB), [
    String(16 * MIB),
    'bytes',
    'Largest body of a request to /api/v1; a longer one is refused with 413. As large as a message, so that what one client says fits the other way, too.',
  ]),
  row('maxVersions', count(1, 100_000), [
    '50',
    'versions',
    'Versions without a name that are kept of one document; of more, the oldest go. Those with a name stay.',
  ]),
  row('maxNamedVersions', count(1, 100_000), [
    '200',
    'versions',
    'Versions with a name that one document may have; a further one is refused with 409. One a working day for most of a year; each holds the whole document.',
  ]),
  row('maxVersionsPerHour', count(1, 3_600), [
    '6',
    'versions an hour',
    'Versions that are made by themselves of one document, when everybody has left it: at most one in ten minutes, so that fifty of them reach back a working day.',
  ]),
  row('maxDeletedDays', count(1, 36_500), [
    '30',
    'days',
    'Time for which a deleted document can be undeleted; it goes for good after that, with its versions and patches. In a month somebody has missed it.',
  ]),
  row('maxPresenceEntries', count(1, 100_000), [
    '2000',
    'entries',
    'Clients in one document’s presence, and entries in one message; twice the sessions, for those that just left.',
  ]),
  row('maxPresenceBytes', count(16, MIB), [
    String(16 * KIB),
    'bytes',
    'JSON of one presence state. A caret with a name takes about 300.',
  ]),
  row('maxPresenceTotalBytes', count(16, 256 * MIB), [
    String(2 * MIB),
    'bytes',
    'JSON of all presence states of one document, which whoever joins is shown: room for 2,000 carets with names, and three times that.',
  ]),
  row('maxPresenceIdsPerSession', count(1, 1_000), [
    '16',
    'ids',
    'Presence ids that one session may own; clients use one.',
  ]),
  row('maxWebhookAttempts', count(1, 100), [
    '23',
    'attempts',
    'Attempts to tell one target of one event before it is a dead letter: after 5 s, then twice as long each time up to two hours, so that a target may be down for a day.',
  ]),
  row('maxWebhookBacklog', count(1, 1_000_000), [
    '10000',
    'events',
    'Events that wait for one target, some 220 bytes each. Beyond it a change takes the place of those of its document that still wait; whatever finds none is dropped, counted and logged.',
  ]),
  row('maxWebhookDeadLetters', count(1, 1_000_000), [
    '1000',
    'events',
    'Dead letters that are kept of all targets to be looked at and replayed; of more, the oldest go.',
  ]),
  row('maxHandshakeMs', count(100, 600_000), [
    '10000',
    'milliseconds',
    'Time for a connection to finish its WebSocket handshake or its HTTP request headers.',
  ]),
  row('maxLoadMs', count(100, 600_000), [
    '15000',
    'milliseconds',
    'Time for a document to open before those who wait for it are told to come back; under the 30 s of silence after which clients give up.',
  ]),
  row('maxSilenceMs', count(1_000, 600_000), [
    '22000',
    'milliseconds',
    'Time without a sign of life after which a client is taken for gone, found within a third more; it is pinged every quarter. A client that stalls for 20 s is not cut off, and of a dead one nobody is shown a caret for longer than 30 s.',
  ]),
  row('maxDrainMs', count(100, 600_000), [
    '8000',
    'milliseconds',
    'Time for a stopping server to save everything and to close its connections.',
  ]),
] as const satisfies readonly OptionRow[]
