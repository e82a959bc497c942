import { Toolbar } from '@base-ui/react/toolbar'
import type { LucideIcon } from 'lucide-react'

import { Tip } from '../ui/tip.tsx'

/** A button of the toolbar or the bubble menu. */
export function Control({ label, keys, icon: Icon, ...rest }: ControlProps) {
  return (
    <Tip label={label} keys={keys}>
      <Toolbar.Button
        className="control"
        aria-label={label}
        data-testid={rest.testId}
        disabled={rest.disabled ?? false}
        {...(rest.pressed === undefined ? {} : { 'aria-pressed': rest.pressed })}
        onMouseDown={keepEditorFocus}
        onClick={rest.onClick}
      >
        <Icon size={18} aria-hidden="true" />
      </Toolbar.Button>
    </Tip>
  )
}

interface ControlProps {
  readonly label: string
  readonly keys?: string
  readonly icon: LucideIcon
  /** Present on toggles. */
  readonly pressed?: boolean
  readonly disabled?: boolean
  readonly testId?: string
  readonly onClick: () => void
}

/** A press on a control must not take the selection away from the text. */
export function keepEditorFocus(event: React.MouseEvent): void {
  event.preventDefault()
}
