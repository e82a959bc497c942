import { Popover } from '@base-ui/react/popover'

import { narrowScreen } from '../ui/narrow-screen.ts'
import { useReadable } from '../use-readable.ts'
import type { ConnectionState } from './connection.ts'
import { connectionLabel, connectionSentence, shortConnectionLabel } from './connection-text.ts'
import type { Session } from './session.ts'

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
      <output className="sr-only">{announcement(state)}</output>
    </>
  )
}

/** Without the running count, so that typing offline is not read out key by key. */
function announcement(state: ConnectionState): string {
  return state.kind === 'reconnecting'
    ? 'Offline. Changes are kept in this tab.'
    : connectionLabel(state)
}
