/* Requests of an event stream, and what their answers say: whoever answers may be anybody on the way. */

/** What a transport by requests needs of where it runs. */
export interface StreamEnvironment {
  /** Milliseconds; may jump. */
  now(): number
  /** From 0 to 1. */
  random(): number
  /** Calls `task` once after so many milliseconds, unless undone. */
  after(ms: number, task: () => void): () => void
  fetch(url: string, init: RequestInit): Promise<Response>
}

/** Why an answer is none of a stream. */
export interface AnswerProblem {
  readonly reason: string
  /** The same request would be answered the same way: the stream is over. */
  readonly isFinal: boolean
}

/** Longest sentence of a refusal that is told on, UTF-16 units. */
const SENTENCE_LENGTH = 200

/** What a server of this protocol answers where a stream does not go on. */
const FINAL = new Set([400, 403, 409, 410])

/** `/sync/stream` below a server's address, which may be given for WebSockets as well. */
export const streamUrl = (url: string): string => {
  const stream = new URL(url)
  stream.protocol = stream.protocol === 'https:' || stream.protocol === 'wss:' ? 'https:' : 'http:'
  stream.pathname = `${stream.pathname.replace(/\/+$/, '')}/sync/stream`
  return stream.href
}

/** Ends a request after a time, which can be set anew, or when its line ends. */
export class Deadline {
  readonly #environment: Pick<StreamEnvironment, 'after'>
  readonly #own = new AbortController()
  readonly signal: AbortSignal
  #undo: () => void = () => undefined
  #isLate = false

  constructor(environment: Pick<StreamEnvironment, 'after'>, line: AbortSignal) {
    this.#environment = environment
    this.signal = AbortSignal.any([line, this.#own.signal])
  }

  /** True once the time was over, or somebody has ended it. */
  get isOver(): boolean {
    return this.#own.signal.aborted
  }

  /** True once the time was over. */
  get isLate(): boolean {
    return this.#isLate
  }

  set(ms: number): void {
    this.#undo()
    this.#undo = this.#environment.after(ms, () => {
      this.#isLate = true
      this.#own.abort()
    })
  }

  clear(): void {
    this.#undo()
  }

  end(): void {
    this.#undo()
    this.#own.abort()
  }
}

/** Waits for so many milliseconds, or until the line ends. */
export const pause = (
  { after }: Pick<StreamEnvironment, 'after'>,
  ms: number,
  line: AbortSignal,
): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      undo()
      line.removeEventListener('abort', done)
      resolve()
    }
    const undo = after(ms, done)
    line.addEventListener('abort', done)
  })

/** Makes a request; a failure is its reason. Redirects are not followed: what is asked for has the stream's name with it. */
export const request = async (
  { fetch }: Pick<StreamEnvironment, 'fetch'>,
  url: string,
  init: RequestInit,
): Promise<Response | string> => {
  try {
    return await fetch(url, { ...init, redirect: 'manual', cache: 'no-store' })
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Why an answer is no event stream; null if it is one. */
export const streamProblem = async (response: Response): Promise<AnswerProblem | null> => {
  const type = response.headers.get('content-type') ?? 'nothing'
  if (response.status === 200 && /^text\/event-stream\b/i.test(type)) return null
  const isFinal = FINAL.has(response.status)
  if (response.status === 200) await drop(response)
  return response.status === 200
    ? { reason: `the answer is ${type.slice(0, SENTENCE_LENGTH)} and no event stream`, isFinal }
    : { reason: await refusalOf(response), isFinal }
}

/** Why what was said was not heard; null if it was. */
export const sayingProblem = async (response: Response): Promise<AnswerProblem | null> => {
  if (response.status === 204) return null
  return { reason: await refusalOf(response), isFinal: FINAL.has(response.status) }
}

const refusalOf = async (response: Response): Promise<string> => {
  const { status, type, headers } = response
  const isPlain = /^text\/plain\b/i.test(headers.get('content-type') ?? '')
  const sentence = isPlain ? await firstLine(response) : ''
  if (!isPlain) await drop(response)
  if (type === 'opaqueredirect' || (status >= 300 && status < 400))
    return 'the server sends elsewhere'
  return `the server answers ${status}${sentence === '' ? '' : `: ${sentence}`}`
}

/** No more of it than comes at once: an answer may be without end. */
const firstLine = async ({ body }: Response): Promise<string> => {
  try {
    const reader = body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    await reader?.cancel()
    const [line = ''] = new TextDecoder().decode(value).split('\n')
    return line.slice(0, SENTENCE_LENGTH)
  } catch {
    return '' // it was cut; the status has been told
  }
}

const drop = async ({ body }: Response): Promise<void> => {
  try {
    await body?.cancel()
  } catch {
    // it has ended by itself
  }
}
