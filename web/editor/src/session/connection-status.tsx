import { Popover } from '@base-ui/react/popover'

import { narrowScreen } from '../ui/narrow-screen.ts'
import { useLasting } from '../use-lasting.ts'
import { useReadable } from '../use-readable.ts'
import type { ConnectionState } from './connection.ts'
import {
  announcement,
  connectionLabel,
  connectionSentence,
  savingLabel,
  shortConnectionLabel,
} from './connection-text.ts'
import type { Saving } from './connection-text.ts'
import type { Session } from './session.ts'

type Live = Extract<ConnectionState, { kind: 'live' }>

/** Confirmations take milliseconds; slower ones are worth a word. */
const slowMs = 1000

/** Between two keystrokes all is saved, too; the word waits for a pause rather than blink. */
const calmMs = 500

/** The state of the connection in the header; opens to a sentence about what it means. */
export function ConnectionStatus({ session }: { readonly session: Session }) {
  const state = useReadable(session.connection)
  const label = useReadable(narrowScreen) ? shortConnectionLabel : connectionLabel
  return (
    <>
      <Popover.Root>
        <Popover.Trigger
          className="connection"
          data-testid="connection-state"
          data-state={state.kind}
          data-keeping={'keeping' in state ? state.keeping : undefined}
        >
          <span className="connection__dot" aria-hidden="true" />
          <span className="connection__label">{label(state)}</span>
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Positioner sideOffset={8} align="end" className="z-40">
            <Popover.Popup className="popup w-72 p-4 text-sm">
              <Popover.Title className="font-semibold">{connectionLabel(state)}</Popover.Title>
              <Popover.Description className="mt-1 text-ink-soft">
                {connectionSentence(state)}
              </Popover.Description>
            </Popover.Popup>
          </Popover.Positioner>
        </Popover.Portal>
      </Popover.Root>
      {state.kind === 'live' && state.mayWrite && <SavingStatus state={state} />}
      <output className="sr-only">{announcement(state)}</output>
    </>
  )
}

/** Next to “Live”; silent while a change that was just made waits for its confirmation. */
function SavingStatus({ state }: { readonly state: Live }) {
  const isSaved = state.localChanges === 0
  const isCalm = useLasting(isSaved, calmMs)
  const isSlow = useLasting(!isSaved, slowMs)
  const saving = savingOf({
    isSlow,
    isCalm,
    isFailing: !state.serverSaves && !isSaved,
    isDenied: state.denied !== null,
  })
  return (
    <span className="saving" data-testid="saving-state" data-state={saving}>
      {savingLabel(saving)}
    </span>
  )
}

interface Look {
  readonly isSlow: boolean
  readonly isCalm: boolean
  readonly isFailing: boolean
  readonly isDenied: boolean
}

function savingOf({ isSlow, isCalm, isFailing, isDenied }: Look): Saving {
  if (isDenied) return 'denied'
  if (isFailing) return 'failing'
  if (isSlow) return 'saving'
  return isCalm ? 'saved' : 'unsure'
}
