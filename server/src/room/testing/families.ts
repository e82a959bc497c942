/* The families of clients that share a document. */
import type { Access } from '../../ports/auth.ts'
import { ModelClient } from './model-client.ts'
import { HocuspocusClient } from './model-hocuspocus.ts'
import { QuireClient } from './model-quire.ts'
import { YSweetClient } from './model-y-sweet.ts'

/** Every family, and each major version that keeps its count in its own way. */
export const families = [
  'y-websocket',
  'hocuspocus 2',
  'hocuspocus 3',
  'hocuspocus 4',
  'y-sweet',
  'quire',
] as const

/** Whose client it is. */
export type Family = (typeof families)[number]

/** A client as its world begins with it. */
export interface ClientOptions {
  readonly family: Family
  readonly access: Access
}

/** Makes a client that has nothing yet. */
export const createClient = (id: number, { family, access }: ClientOptions): ModelClient => {
  switch (family) {
    case 'y-websocket':
      return new ModelClient(id, access)
    case 'hocuspocus 2':
      return new HocuspocusClient(id, access, 2)
    case 'hocuspocus 3':
      return new HocuspocusClient(id, access, 3)
    case 'hocuspocus 4':
      return new HocuspocusClient(id, access, 4)
    case 'y-sweet':
      return new YSweetClient(id, access)
    case 'quire':
      return new QuireClient(id, access)
  }
}
