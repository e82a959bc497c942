import { assertNever, err, type Result } from '@quire/shared'
import type { Clock } from '../ports/clock.ts'
import type { Undo } from '../ports/undo.ts'
import type { NoRoom } from './documents.ts'
import type { Places } from './places.ts'

/** A question to the auth, which never rejects (`askAuth`). */
type Question<T> = () => Promise<Result<T, NoRoom>>

/** What a check needs. */
export interface LoginCheckOptions<T> {
  readonly clock: Clock
  /** Time for all of it, milliseconds. */
  readonly withinMs: number
  /** What has not come about by then; absent: that the login was checked. */
  readonly problem?: string
  /** True while a login may have been said and is not read: its time begins anew then. */
  readonly isUnread?: () => boolean
  /** Gives the check's place back, where it has one. */
  readonly undoPlace?: Undo
  /** Hears what came of it, once. */
  readonly told: (outcome: Result<T, NoRoom>) => void
}

type State<T> =
  | { readonly kind: 'idle' }
  | { readonly kind: 'asking'; next: Question<T> | null }
  | { readonly kind: 'over' }

/**
 * The check of a client's login, however many the client says meanwhile: one at a time is asked about, and of
 * those that wait the last one counts. They have the time of one: else who says another one in time is never
 * decided on.
 */
export class LoginCheck<T> {
  readonly #options: LoginCheckOptions<T>
  #state: State<T> = { kind: 'idle' }
  #undoDeadline: Undo = () => undefined

  constructor(options: LoginCheckOptions<T>) {
    this.#options = options
  }

  /** Its time runs from here on. */
  start(): this {
    const { clock, withinMs, problem = 'the login was not checked', isUnread } = this.#options
    this.#undoDeadline = clock.after(withinMs, () => {
      if (this.#state.kind === 'idle' && isUnread?.() === true) this.start()
      else this.#decide(err({ close: 'tryAgainLater', reason: `${problem} within ${withinMs} ms` }))
    })
    return this
  }

  /** Asks, now or after what is being asked; whatever else has waited for that is not asked any more. */
  ask(question: Question<T>): void {
    switch (this.#state.kind) {
      case 'idle':
        return void this.#run(question)
      case 'asking':
        this.#state.next = question
        return
      case 'over':
        return
      default:
        assertNever(this.#state)
    }
  }

  /** Nothing comes of it any more, and its place is free. Safe to call twice. */
  end(): void {
    if (this.#state.kind === 'over') return
    this.#state = { kind: 'over' }
    this.#undoDeadline()
    this.#options.undoPlace?.()
  }

  async #run(question: Question<T>): Promise<void> {
    const asking: State<T> & { kind: 'asking' } = { kind: 'asking', next: null }
    this.#state = asking
    const outcome = await question()
    if (this.#state !== asking) return
    if (asking.next === null) this.#decide(outcome)
    else await this.#run(asking.next)
  }

  #decide(outcome: Result<T, NoRoom>): void {
    this.end()
    this.#options.told(outcome)
  }
}

/** Takes one of the places of clients whose login is being checked. */
export const takeLoginPlace = (logins: Places): Result<Undo, NoRoom> => {
  const place = logins.take(null)
  if (place.ok) return place
  const reason = `${logins.taken} logins are being checked, limit ${place.error.limit}`
  return err({ close: 'tryAgainLater', reason })
}
