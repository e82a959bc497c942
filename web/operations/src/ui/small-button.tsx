import type { ComponentProps } from 'react'

/** What a button has; `isLast`: it stands at the end of the line that it is in. */
interface SmallButtonProps extends Omit<ComponentProps<'button'>, 'type' | 'className'> {
  readonly isLast?: boolean
}

/** A button in a row of a table, or beside the title of a card. */
export function SmallButton({ isLast = false, ...props }: SmallButtonProps) {
  return (
    <button
      type="button"
      className={`button button--small${isLast ? ' ml-auto' : ''}`}
      {...props}
    />
  )
}
