import { Dialog } from '@base-ui/react/dialog'
import type { ReactNode, RefObject } from 'react'

/** A dialog over the page: focus is held inside, Escape and a click outside close it. */
export function Modal({
  open,
  onClose,
  title,
  description,
  focus,
  returnTo,
  children,
}: ModalProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup
          className="modal"
          {...(focus === undefined ? {} : { initialFocus: focus })}
          {...(returnTo === undefined ? {} : { finalFocus: returnTo })}
        >
          <Dialog.Title className="text-lg font-semibold">{title}</Dialog.Title>
          <Dialog.Description className="mt-1 text-sm text-ink-soft">
            {description}
          </Dialog.Description>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

interface ModalProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
  readonly description: string
  /** What has the focus first; otherwise the first control. */
  readonly focus?: RefObject<HTMLElement | null>
  /** What gets the focus afterwards; otherwise what had it before. */
  readonly returnTo?: () => HTMLElement
  readonly children: ReactNode
}
