const FAMILIES: Readonly<Record<string, string>> = {
  quire: 'Quire',
  'quire.v1': 'Quire', // as one session is called, by its protocol
  'y-websocket': 'y-websocket',
  hocuspocus: 'Hocuspocus',
  'y-sweet': 'y-sweet',
}

const TRANSPORTS: Readonly<Record<string, string>> = {
  websocket: 'WebSocket',
  'event-stream': 'Event stream',
}

/** A family of clients, as its makers write it. */
export const familyText = (family: string): string => FAMILIES[family] ?? family

/** What a client is connected by. */
export const transportText = (transport: string): string => TRANSPORTS[transport] ?? transport
