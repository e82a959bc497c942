import { assertNever } from '@quire/shared'

import type { ConnectionState } from './connection.ts'
import { refusalMessage } from './refusal.ts'

/** The connection in a few words, for the header. */
export function connectionLabel(state: ConnectionState): string {
  switch (state.kind) {
    case 'connecting':
      return 'Connecting…'
    case 'syncing':
      return 'Opening…'
    case 'live':
      return 'Live'
    case 'reconnecting':
      return state.localChanges === 0
        ? 'Offline: no changes yet'
        : `Offline: ${changes(state.localChanges)} kept in this tab`
    case 'refused':
      return `Refused: ${refusalMessage(state.code)}`
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
      return 'Refused'
    case 'connecting':
    case 'syncing':
    case 'live':
      return connectionLabel(state)
    default:
      return assertNever(state)
  }
}

/** Whether what was written here is safe, in a word. Only a live connection can know. */
export function savingLabel(saving: 'saved' | 'saving' | 'unsure'): string {
  switch (saving) {
    case 'saved':
      return 'Saved'
    case 'saving':
      return 'Saving…'
    case 'unsure':
      return ''
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
      return state.localChanges === 0
        ? 'Changes reach the server as you type. All of yours are saved on its disk.'
        : `The server has not confirmed ${changes(state.localChanges)} yet. Keep this tab open until everything is saved.`
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
