import type { ComponentProps } from 'react'
import { useId } from 'react'

/** A labelled text field whose problem, if any, is announced with it. */
export function TextField({ label, problem, hint, ...input }: TextFieldProps) {
  const id = useId()
  const note = problem ?? hint
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input
        {...input}
        id={id}
        className="field"
        aria-invalid={problem !== undefined}
        aria-describedby={note === undefined ? undefined : `${id}-note`}
      />
      {note !== undefined && (
        <p
          id={`${id}-note`}
          className={problem === undefined ? 'text-sm text-ink-soft' : 'text-sm text-danger'}
        >
          {note}
        </p>
      )}
    </div>
  )
}

interface TextFieldProps extends ComponentProps<'input'> {
  readonly label: string
  /** Why the value was not accepted. */
  readonly problem?: string | undefined
  readonly hint?: string | undefined
}
