import type { Result } from '@quire/shared'
import type { Input } from '../room/input.ts'

/** What becomes of asynchronous work. */
export interface OutcomeOptions<T> {
  readonly succeeded: (value: T) => Input
  readonly failed: (problem: string) => Input
  /** Hears the one or the other. */
  readonly push: (input: Input) => void
}

/** Turns the outcome of work into an input: whatever happens, exactly one comes of it. */
export const pushOutcome = <T>(
  work: Promise<Result<T, { readonly message: string }>>,
  { succeeded, failed, push }: OutcomeOptions<T>,
): void => {
  work.then(
    (result) => push(result.ok ? succeeded(result.value) : failed(result.error.message)),
    (error: unknown) => push(failed(error instanceof Error ? error.message : String(error))),
  )
}
