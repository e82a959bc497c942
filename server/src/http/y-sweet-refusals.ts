import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { NoRoom } from '../runtime/documents.ts'
import { bodyStatus, type BodyProblem } from './request-body.ts'

/** When to come back where there is no room, seconds. */
const RETRY_SECONDS = '5'

const STATUS = {
  unauthorized: 401,
  forbidden: 403,
  badName: 400,
  badFrame: 400,
  deleted: 410,
  internalError: 500,
} as const satisfies Partial<Record<NoRoom['close'], number>>

/** What a socket would be closed for, as requests are told; a request that may be made again is answered 503. */
export const refusal = ({ close, reason }: NoRoom): HTTPException => {
  const status = Object.hasOwn(STATUS, close) ? STATUS[close as keyof typeof STATUS] : 503
  return new HTTPException(status, { message: reason })
}

/** Why the body of a request is not taken. */
export const bodyRefusal = ({ kind, message }: BodyProblem): HTTPException =>
  new HTTPException(bodyStatus[kind], { message })

/** A refusal as y-sweet's SDK reads it. What is none is thrown on: it is the app's to report. */
export const answerRefusal = (error: Error, c: Context): Response => {
  if (!(error instanceof HTTPException)) throw error
  if (error.status === 503 || error.status === 429) c.header('Retry-After', RETRY_SECONDS)
  return c.json({ error: error.message }, error.status)
}
