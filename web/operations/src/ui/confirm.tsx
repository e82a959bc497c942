import { Modal } from '@quire/editor/ui/modal.tsx'
import type { ReactNode } from 'react'
import { useRef, useState } from 'react'

/** What is to be confirmed, and what is done then. */
export interface Question {
  readonly title: string
  readonly description: string
  readonly action: string
  readonly isDangerous?: boolean
  /** Rejects with a sentence for people. */
  readonly act: () => Promise<void>
}

/** Asks before something is done that others notice; null asks nothing. */
export function Confirm({ question, onClose }: ConfirmProps) {
  const [state, setState] = useState<'asking' | 'acting' | { readonly problem: string }>('asking')
  const cancel = useRef<HTMLButtonElement>(null)
  const close = (): void => {
    setState('asking')
    onClose()
  }
  const act = async (): Promise<void> => {
    setState('acting')
    try {
      await question?.act()
      close()
    } catch (error) {
      setState({ problem: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <Modal
      open={question !== null}
      onClose={close}
      title={question?.title ?? ''}
      description={question?.description ?? ''}
      focus={cancel}
    >
      {typeof state === 'object' && (
        <p role="alert" className="mt-3 text-sm text-danger wrap-anywhere">
          {state.problem}
        </p>
      )}
      <Buttons>
        <button ref={cancel} type="button" className="button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          className={`button ${question?.isDangerous === true ? 'button--danger' : 'button--primary'}`}
          disabled={state === 'acting'}
          data-testid="confirm"
          onClick={() => void act()}
        >
          {question?.action}
        </button>
      </Buttons>
    </Modal>
  )
}

interface ConfirmProps {
  readonly question: Question | null
  readonly onClose: () => void
}

/** The buttons at the end of a dialog. */
export function Buttons({ children }: { readonly children: ReactNode }) {
  return <div className="mt-5 flex justify-end gap-2">{children}</div>
}
