/*
 * How a function of the program is asked, and what it answers is read: whatever says nothing clear lets nobody in, and
 * is reported.
 */
import { err, millis, ok, utf8Length, type DocName, type Millis, type Result } from '@quire/shared'
import type {
  Denial,
  Grant,
  OperationsGrant,
  OperationsRequest,
  RequestFacts,
} from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import { loginError } from '../ports/login-error.ts'
import type { Observe } from '../ports/observe.ts'

/** Longest user, name or token id, bytes of UTF-8: as long as a document's name. Each stands in the log of what was written. */
const TEXT_BYTES = 1_024

/** Longest message of a denial, UTF-16 units; a close frame has room for 123 bytes of it (RFC 6455 §5.5). */
const MESSAGE_LENGTH = 1_024

/** Numbers below are a time in seconds that was taken for milliseconds: March 1973. */
const LEAST_MILLIS = 1e11

/** What is needed to ask. */
export interface JudgeOptions {
  readonly clock: Clock
  readonly observe: Observe
  /** Time for an answer, milliseconds. */
  readonly deadlineMs: number
}

/** What each is asked with. */
interface Asked {
  readonly request: RequestFacts | null
  readonly token: string | null
  readonly signal: AbortSignal
}

/** A function of the program that is asked, and how what it grants is read, which throws where it says nothing clear. */
export interface Judge<T> {
  readonly name: string
  readonly document: DocName | null
  readonly asked: OperationsRequest
  readonly ask: (question: Asked) => unknown
  readonly read: (granted: Answer) => T
}

/** Asks it; it never rejects. */
export const judged = async <T>(
  { clock, observe, deadlineMs }: JudgeOptions,
  { name, document, asked, ask, read }: Judge<T>,
): Promise<Result<T, Denial>> => {
  const { token, request = null } = asked
  const over = new AbortController()
  const late = Promise.withResolvers<typeof LATE>()
  const undo = clock.after(deadlineMs, () => late.resolve(LATE))
  try {
    const answer: unknown = await Promise.race([
      ask({ request, token, signal: over.signal }),
      late.promise,
    ])
    if (answer === LATE)
      return err({
        kind: 'tryAgainLater',
        message: `${name} did not answer within ${deadlineMs} ms`,
      })
    return readAnswer(name, answer, read)
  } catch (thrown) {
    observe.event({ kind: 'bug', document, error: loginError(thrown, asked) })
    return err({ kind: 'internalError', message: 'the login could not be checked' })
  } finally {
    undo()
    over.abort()
  }
}

const LATE = Symbol('late')

/** What a function of this name has answered. */
export interface Answer {
  readonly name: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Throws where the answer is none, and says what of it. */
const readAnswer = <T>(
  name: string,
  answer: unknown,
  read: (granted: Answer) => T,
): Result<T, Denial> => {
  if (typeof answer !== 'object' || answer === null)
    throw wrong(`${name}: its answer`, 'an object', answer)
  const { deny, message = '', ...fields } = answer as Record<string, unknown>
  if (deny === undefined) return ok(read({ name, fields }))
  if (deny !== 'unauthorized' && deny !== 'forbidden')
    throw wrong(`${name}: deny`, '"unauthorized" or "forbidden"', deny)
  if (typeof message !== 'string') throw wrong(`${name}: message`, 'text', message)
  const said = message === '' ? DENIED[deny] : message.slice(0, MESSAGE_LENGTH)
  return err({ kind: deny, message: said })
}

const DENIED = {
  unauthorized: 'there is no valid login',
  forbidden: 'the login does not grant this',
}

/** What an answer grants of documents. */
export const readGrant = (granted: Answer): Grant => {
  const { name, fields } = granted
  const { access, isApplication = false } = fields
  if (access !== 'read' && access !== 'comment' && access !== 'write')
    throw wrong(`${name}: access`, '"read", "comment" or "write"', access)
  if (typeof isApplication !== 'boolean')
    throw wrong(`${name}: isApplication`, 'true or false', isApplication)
  return { access, ...readHolder(granted), isApplication }
}

/** What an answer grants of the server. */
export const readOperations = (granted: Answer): OperationsGrant => {
  const { access } = granted.fields
  if (access !== 'read' && access !== 'write')
    throw wrong(`${granted.name}: access`, '"read" or "write"', access)
  return { access, ...readHolder(granted) }
}

const readHolder = (granted: Answer): Omit<OperationsGrant, 'access'> => {
  const { user } = granted.fields
  if (user === undefined) throw wrong(`${granted.name}: user`, 'text, or null', user)
  return {
    user: textIn(granted, 'user'),
    expiresAt: timeIn(granted, 'expiresAt'),
    name: textIn(granted, 'name'),
    tokenId: textIn(granted, 'tokenId'),
    issuedAt: timeIn(granted, 'issuedAt'),
  }
}

const textIn = ({ name, fields }: Answer, key: string): string | null => {
  const { [key]: text } = fields
  if (text === undefined || text === null) return null
  const isText = typeof text === 'string' && text !== '' && text.isWellFormed()
  if (isText && utf8Length(text) <= TEXT_BYTES) return text
  throw wrong(`${name}: ${key}`, `well-formed text of 1 to ${TEXT_BYTES} bytes, or null`, text)
}

const timeIn = ({ name, fields }: Answer, key: string): Millis | null => {
  const { [key]: time } = fields
  if (time === undefined || time === null) return null
  const at = time instanceof Date ? time.getTime() : time
  if (typeof at === 'number' && at >= LEAST_MILLIS && at <= Number.MAX_SAFE_INTEGER)
    return millis(Math.floor(at))
  throw wrong(`${name}: ${key}`, 'a Date, or milliseconds since the epoch and not seconds', time)
}

/** Says of what kind it is, and no more: it may be somebody's secret. */
const wrong = (what: string, wanted: string, is: unknown): Error => {
  const kind = is === null ? 'null' : typeof is === 'number' ? String(is) : typeof is
  return new Error(`${what} is not ${wanted}, but ${kind}`)
}
