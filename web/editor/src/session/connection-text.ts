import { assertNever } from '@quire/shared'

import type { ConnectionState, Keeping } from './connection.ts'
import { isSignedOut, refusalMessage } from './refusal.ts'

/** The connection in a few words, for the header. */
export function connectionLabel(state: ConnectionState): string {
  switch (state.kind) {
    case 'connecting':
      return 'Connecting…'
    case 'syncing':
      return 'Opening…'
    case 'absent':
      return 'Offline: not on this device'
    case 'live':
      return state.mayWrite ? 'Live' : 'Read only'
    case 'reconnecting':
      return 'Reconnecting…'
    case 'offline':
      return `Offline: ${whereabouts(state)}`
    case 'refused':
      return isSignedOut(state.code) ? 'Signed out' : `Refused: ${refusalMessage(state.code)}`
    case 'replaced':
      return 'Replaced'
    default:
      return assertNever(state)
  }
}

/** The connection in a word or two, for narrow screens. */
export function shortConnectionLabel(state: ConnectionState): string {
  switch (state.kind) {
    case 'absent':
      return 'Offline'
    case 'offline': {
      if (state.localChanges === 0) return 'Offline'
      const kept = state.keeping === 'kept' ? '' : ', not kept'
      return `Offline: ${state.localChanges}${kept}`
    }
    case 'refused':
      return isSignedOut(state.code) ? 'Signed out' : 'Refused'
    case 'connecting':
    case 'syncing':
    case 'live':
    case 'reconnecting':
    case 'replaced':
      return connectionLabel(state)
    default:
      return assertNever(state)
  }
}

/** What is known of whether what was written here is safe. */
export type Saving = 'saved' | 'saving' | 'unsure' | 'failing' | 'denied'

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
    case 'denied':
      return 'Not saved'
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
    case 'absent':
      return 'The server cannot be reached, and nothing of this document is kept on this device. It opens as soon as the server answers.'
    case 'live':
      return liveSentence(state)
    case 'reconnecting':
      return `You can keep writing. ${untilBack(state)}`
    case 'offline':
      return `The server cannot be reached. You can keep writing; it is tried again by itself. ${untilBack(state)}`
    case 'refused':
      return state.localChanges === 0
        ? 'This tab is not connected any more.'
        : `${capital(changes(state.localChanges))} did not reach the server. ${stranded(state)}`
    case 'replaced':
      return 'Another document has this name on the server now. What is here was merged with nothing.'
    default:
      return assertNever(state)
  }
}

/** For who cannot see it; without the running count, so that typing is not read out key by key. */
export function announcement(state: ConnectionState): string {
  if (state.kind === 'live' && state.mayWrite && state.denied !== null)
    return `${connectionLabel(state)}. Not saved: ${state.denied}.`
  if (state.kind !== 'offline') return connectionLabel(state)
  return state.keeping === 'kept'
    ? 'Offline. Changes are kept on this device.'
    : `Offline. Changes are not kept on this device: ${problemWords(state.keeping)}.`
}

type Live = Extract<ConnectionState, { kind: 'live' }>
type Work = Pick<Live, 'localChanges' | 'unkept' | 'keeping' | 'denied'>

function liveSentence({ mayWrite, serverSaves, ...work }: Live): string {
  const { localChanges } = work
  if (!mayWrite) {
    const seen = 'You see what others change as they do it. You may not change this document.'
    return localChanges === 0
      ? seen
      : `${seen} ${capital(changes(localChanges))} made here will not be saved. ${stranded(work)}`
  }
  if (work.denied !== null) return deniedSentence(work.denied, work)
  const isKept = work.keeping === 'kept' && work.unkept === 0
  const kept = isKept ? keptHere : 'Keep this tab open until everything is saved.'
  if (!serverSaves)
    return `The disk of the server does not take anything at the moment. It tries again by itself. ${kept}`
  return localChanges === 0
    ? 'Changes reach the server as you type. All of yours are saved on its disk.'
    : `The server has not confirmed ${changes(localChanges)} yet. ${kept}`
}

const keptHere = 'What is not saved yet is kept on this device.'

/** What there is here beyond the server's disk. */
function whereabouts({ localChanges, unkept, keeping }: Work): string {
  if (localChanges === 0) return 'everything is saved'
  if (keeping !== 'kept')
    return `${changes(localChanges)}, not kept on this device: ${problemWords(keeping)}`
  // what is on its disk is counted: what has just been typed follows within a moment
  return localChanges > unkept
    ? `${changes(localChanges - unkept)} kept on this device`
    : `keeping ${changes(unkept)} on this device…`
}

function untilBack(work: Work): string {
  const { localChanges, unkept, keeping, denied } = work
  if (denied !== null) return deniedSentence(denied, work)
  if (keeping !== 'kept') {
    const now =
      localChanges === 0
        ? 'What you change now is only in this tab'
        : `${capital(changes(localChanges))} ${localChanges === 1 ? 'is' : 'are'} only in this tab`
    return `${now}, and lost if you close it: this device does not keep anything, as ${problemWords(keeping)}.`
  }
  if (localChanges === 0) return 'What you change is kept on this device until it is sent.'
  if (unkept > 0)
    return `${capital(changes(unkept))} ${unkept === 1 ? 'is' : 'are'} being written to this device. Keep this tab open for a moment.`
  const [is, it] = localChanges === 1 ? ['is', 'it'] : ['are', 'they']
  return `${capital(changes(localChanges))} ${is} kept on this device until ${it} can be sent, even if you close this tab.`
}

/** Only some of them may be what the server does not take; which ones it does not say. */
function deniedSentence(denied: string, work: Work): string {
  return `${capital(changes(work.localChanges))} not saved: ${denied}. ${stranded(work)}`
}

/** Of changes that no server takes. */
function stranded({ keeping, unkept }: Work): string {
  return keeping === 'kept' && unkept === 0
    ? 'They are kept on this device. Copy what you need elsewhere.'
    : 'Copy what you need before you close this tab.'
}

/** Why this device keeps nothing, as the end of a sentence. */
function problemWords(problem: Exclude<Keeping, 'kept'>): string {
  switch (problem) {
    case 'quota':
      return 'there is no space'
    case 'unavailable':
      return 'this browser does not let it'
    case 'newer':
      return 'a newer version of this page was here'
    case 'broken':
      return 'what is kept there cannot be read'
    case 'cleared':
      return 'the document was removed from it'
    case 'io':
      return 'its disk or the browser refuses'
    default:
      return assertNever(problem)
  }
}

function changes(count: number): string {
  return count === 1 ? '1 change' : `${count} changes`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
