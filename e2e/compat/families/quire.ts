import { connect, type Connected } from '@quire/provider'
import { Awareness } from 'y-protocols/awareness'
import { Doc } from 'yjs'
import type { Client, ClientOptions, Family, SharedSocket } from './family.ts'

const NAME = '@quire/provider 0.1.0'

let nextPage = 1

/** Quire's own client. It has no `disconnect`: whoever leaves closes, and connects the same document again. */
export const quireFamily: Family = {
  name: NAME,
  kind: 'quire',
  savedBy: 'state.saved',
  renews: 'in place',
  names: null,
  hasSessions: true,
  // documents of one page share a connection, and each client here is a page of its own
  open: ({ port }, options) => openOn(`http://127.0.0.1:${port}/?page=${nextPage++}`, options),
  share: ({ port }): SharedSocket => {
    const url = `http://127.0.0.1:${port}/?page=${nextPage++}`
    const clients: Client[] = []
    return {
      open(options) {
        const client = openOn(url, options)
        clients.push(client)
        return client
      },
      destroy() {
        for (const client of clients) client.destroy()
      },
    }
  },
}

/** The same where WebSockets are blocked. */
export const blockedQuireFamily: Family = {
  ...quireFamily,
  name: `${NAME} by requests`,
  isBlocked: true,
}

const openOn = (
  url: string,
  { document, doc = new Doc(), token = () => null, isConnected = true }: ClientOptions,
): Client => {
  const refusals: string[] = []
  const statuses: string[] = []
  const awareness = new Awareness(doc)
  let connected: Connected | null = null
  const look = (): void => {
    if (connected === null) return
    const { state } = connected
    const word = state.kind === 'live' ? 'connected' : state.kind
    if (statuses.at(-1) !== word) statuses.push(word)
    const reason = state.kind === 'refused' ? state.reason : state.denied
    if (reason !== null && refusals.at(-1) !== reason) refusals.push(reason)
  }
  const open = (): void => {
    if (connected !== null) return
    connected = connect({ url, document, doc, token, presence: awareness })
    connected.subscribe(look)
    look()
  }
  const leave = (): void => {
    connected?.close()
    connected = null
  }
  if (isConnected) open()
  let wasSaved = true
  return {
    family: NAME,
    doc,
    awareness,
    isSynced: () => connected?.state.kind === 'live',
    // whoever has left shows what it showed as it left
    isSaved: () => (wasSaved = connected?.state.saved ?? wasSaved),
    detail: () => JSON.stringify(connected?.state ?? 'left'),
    refusals,
    statuses,
    canLeave: true,
    connect: open,
    disconnect: leave,
    destroy() {
      leave()
      awareness.destroy()
    },
  }
}
