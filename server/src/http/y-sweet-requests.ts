import { err, ok, parseDocName, type DocName, type Result } from '@quire/shared'

/** What an application server asks for one of its users. */
export interface AuthRequest {
  readonly authorization: 'full' | 'read-only'
  readonly userId: string | null
  readonly validForSeconds: number
}

/** y-sweet's own default. */
const VALID_SECONDS = 3_600

/** Longest life of a token, seconds: whoever is to come back later asks again. */
const MOST_VALID_SECONDS = 30 * 86_400

/** Longest user id, UTF-16 units. */
const USER_ID_LENGTH = 256

/** The document of a y-sweet id. Errors are sentences. */
export const documentOfId = (id: string): Result<DocName, string> => {
  if (!/^[A-Za-z0-9_-]+$/.test(id))
    return err(`a document id is letters, digits, - and _, not ${JSON.stringify(id.slice(0, 100))}`)
  const document = parseDocName(id)
  return document.ok ? document : err(document.error.message)
}

/** Reads the body of `POST /doc/new`: the document it names, or a new one. */
export const readNewRequest = (body: string, newId: () => string): Result<DocName, string> => {
  const request = readObject(body)
  if (!request.ok) return request
  const { docId } = request.value
  if (docId !== undefined && typeof docId !== 'string') return err('docId is not text')
  return documentOfId(docId ?? newId())
}

/** Reads the body of `POST /doc/{id}/auth`. */
export const readAuthRequest = (body: string): Result<AuthRequest, string> => {
  const request = readObject(body)
  if (!request.ok) return request
  const { authorization = 'full', userId = null, validForSeconds = VALID_SECONDS } = request.value
  if (authorization !== 'full' && authorization !== 'read-only')
    return err('authorization is neither "full" nor "read-only"')
  if (userId !== null && (typeof userId !== 'string' || userId.length > USER_ID_LENGTH))
    return err(`userId is not text of at most ${USER_ID_LENGTH} characters`)
  if (!isSeconds(validForSeconds))
    return err(`validForSeconds is not a number from 1 to ${MOST_VALID_SECONDS}`)
  return ok({ authorization, userId, validForSeconds })
}

const isSeconds = (value: unknown): value is number =>
  typeof value === 'number' && value >= 1 && value <= MOST_VALID_SECONDS

/** No body is an empty object: the SDK sends one, scripts often none. */
const readObject = (body: string): Result<Readonly<Record<string, unknown>>, string> => {
  if (body.trim() === '') return ok({})
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return ok(value as Readonly<Record<string, unknown>>)
  } catch {
    return err('the body is not JSON')
  }
  return err('the body is not a JSON object')
}
