import type { Result } from '@quire/shared'
import type { Input } from '../room/input.ts'

/** What becomes of asynchronous work. */
export interface OutcomeOptions<T, E> {
  readonly succeeded: (value: T) => Input
  /** `error` is null where the work threw. */
  readonly failed: (problem: string, error: E | null) => Input
  /** Hears the one or the other. */
  readonly push: (input: Input) => void
}

/** Turns the outcome of work into an input: whatever happens, exactly one comes of it. */
export const pushOutcome = <T, E extends { readonly message: string }>(
  work: Promise<Result<T, E>>,
  { succeeded, failed, push }: OutcomeOptions<T, E>,
): void => {
  work.then(
    (result) =>
      push(result.ok ? succeeded(result.value) : failed(result.error.message, result.error)),
    (error: unknown) => push(failed(error instanceof Error ? error.message : String(error), null)),
  )
}
