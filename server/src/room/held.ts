/* What a room holds in memory on behalf of its clients: what the bounds over all rooms count. */
import type { SessionId } from '@quire/shared'
import { isKeptAside } from './aside.ts'
import type { ClientMessage } from './message.ts'
import type { Phase, Room } from './phase.ts'
import { unsavedBytes } from './saving.ts'

/** Bytes accepted and not yet on disk. */
export const unsavedIn = (phase: Phase): number => {
  switch (phase.kind) {
    case 'live':
    case 'closing':
      return unsavedBytes(phase.document.saving)
    case 'absent':
    case 'loading':
    case 'failed':
      return 0
  }
}

/** Bytes said and not yet heard, because the document is still to be read. */
export const queuedIn = (phase: Phase): number => (phase.kind === 'loading' ? phase.bytes : 0)

/** Where a room would keep a message of a session, if anywhere. `aside`: beside the document. */
export const keepsIn = (
  { phase }: Room,
  { session, message }: { readonly session: SessionId; readonly message: ClientMessage },
): 'queue' | 'unsaved' | 'aside' | 'nothing' => {
  if (phase.kind === 'loading') return 'queue'
  if (phase.kind !== 'live') return 'nothing'
  if (message.kind === 'mark') return phase.document.saving.kind === 'clean' ? 'nothing' : 'unsaved'
  if (!('contents' in message)) return 'nothing'
  // what is known waits only for what was accepted before it; what is not granted is denied, and kept aside of some
  if (phase.document.frontier.knows(message.contents))
    return phase.document.saving.kind === 'clean' ? 'nothing' : 'unsaved'
  const member = phase.members.get(session)
  if (member === undefined) return 'nothing'
  if (member.access === 'write') return 'unsaved'
  return isKeptAside(member) ? 'aside' : 'nothing'
}
