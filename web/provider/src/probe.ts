import type { Environment } from './environment.ts'
import type { Line, Transport } from './transports/transport.ts'

/** How long a server may take to greet, milliseconds. */
const GREETING_MS = 10_000

/** How a transport is tried. */
export interface Probing {
  readonly url: string
  readonly environment: Pick<Environment, 'after'>
  /** What is said first; the line's from then on. */
  readonly hello: Uint8Array<ArrayBuffer>
  readonly isGreeting: (frame: Uint8Array) => boolean
  /** Called once, unless undone: whether the server has greeted. */
  readonly onDone: (works: boolean) => void
}

/** Sees whether a transport works, and gives its line up again; the undo gives it up at once. */
export const probe = (transport: Transport, options: Probing): (() => void) => {
  const { url, environment, hello, isGreeting, onDone } = options
  let line: Line | null = null
  let isOver = false
  const end = (): void => {
    isOver = true
    undoTimer()
    line?.close()
  }
  const done = (works: boolean): void => {
    if (isOver) return
    end()
    onDone(works)
  }
  const undoTimer = environment.after(GREETING_MS, () => done(false))
  try {
    line = transport.open(url, {
      message: (frame) => done(isGreeting(frame)),
      ended: () => done(false),
    })
    line.send(hello)
  } catch {
    done(false)
  }
  return end
}
