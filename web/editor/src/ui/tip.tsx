import { Tooltip } from '@base-ui/react/tooltip'
import type { ReactElement } from 'react'

/** Shows `label` at a control on hover and focus. The control carries its own accessible name. */
export function Tip({ label, keys, children }: TipProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children} />
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6} className="z-50">
          <Tooltip.Popup className="popup popup--tip">
            {label}
            {keys !== undefined && <kbd className="ml-2 font-sans opacity-70">{keys}</kbd>}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}

interface TipProps {
  readonly label: string
  /** A shortcut, as printed on keys. */
  readonly keys?: string | undefined
  readonly children: ReactElement<Record<string, unknown>>
}
