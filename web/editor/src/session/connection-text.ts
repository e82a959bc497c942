import { assertNever } from '@quire/shared'

import type { ConnectionState } from './connection.ts'
import { isSignedOut, refusalMessage } from './refusal.ts'

/** The connection in a few words, for the header. */
export function connectionLabel(state: ConnectionState): string {
  switch (state.kind) {
    case 'connecting':
      return 'Connecting…'
    case 'syncing':
      return 'Opening…'
    case 'live':
      return state.mayWrite ? 'Live' : 'Read only'
    case 'reconnecting':
      return state.localChanges === 0
        ? 'Offline: no changes yet'
        : `Offline: ${changes(state.localChanges)} kept in this tab`
    case 'refused':
      return isSignedOut(state.code) ? 'Signed out' : `Refused: ${refusalMessage(state.code)}`
    default:
      return assertNever(state)
  }
}

/** The connection in a word or two, for narrow screens. */
export function shortConnectionLabel(state: ConnectionState): string {
  switch (state.kind) {
    case 'reconnecting':
      return state.localChanges === 0 ? 'Offline' : `Offline: ${state.localChanges}`
    case 'refused':
      return isSignedOut(state.code) ? 'Signed out' : 'Refused'
    case 'connecting':
    case 'syncing':
    case 'live':
      return connectionLabel(state)
    default:
      return assertNever(state)
  }
}

/** What is known of whether what was written here is safe. */
export type Saving = 'saved' | 'saving' | 'unsure' | 'failing'

/** Whether what was written here is safe, in a word. Only a live connection can know. */
export function savingLabel(saving: Saving): string {
  switch (saving) {
    case 'saved':
      return 'Saved'
    case 'saving':
      return 'Saving…'
    case 'unsure':
      return ''
    case 'failing':
      return 'The server cannot save right now'
    default:
      return assertNever(saving)
  }
}

/** What the state means for someone who is writing. */
export function connectionSentence(state: ConnectionState): string {
  switch (state.kind) {
    case 'connecting':
      return 'Looking for the server. The document opens as soon as it answers.'
    case 'syncing':
      return 'The server answered and is sending the document.'
    case 'live':
      return liveSentence(state)
    case 'reconnecting':
      return offlineSentence(state.localChanges)
    case 'refused':
      return state.localChanges === 0
        ? 'This tab is not connected any more.'
        : `${capital(changes(state.localChanges))} did not reach the server. Copy what you need before you close this tab.`
    default:
      return assertNever(state)
  }
}

function liveSentence({
  localChanges,
  mayWrite,
  serverSaves,
}: Extract<ConnectionState, { kind: 'live' }>): string {
  if (!mayWrite)
    return 'You see what others change as they do it. You may not change this document.'
  if (!serverSaves)
    return 'The disk of the server does not take anything at the moment. It tries again by itself; keep this tab open until everything is saved.'
  return localChanges === 0
    ? 'Changes reach the server as you type. All of yours are saved on its disk.'
    : `The server has not confirmed ${changes(localChanges)} yet. Keep this tab open until everything is saved.`
}

function offlineSentence(localChanges: number): string {
  return localChanges === 0
    ? 'The connection is lost. You can keep writing; this tab keeps trying to connect.'
    : `The connection is lost. ${capital(changes(localChanges))} will be sent when it is back. If you close this tab before, they are lost.`
}

function changes(count: number): string {
  return count === 1 ? '1 change' : `${count} changes`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
