/*
 * Documents that components hold. One that is let go is closed once what was changed in it is on the server's disk, or
 * cannot get there; who asks for the same before that takes it over, as React does in StrictMode, which ends each effect
 * once and begins it again at once.
 *
 *     hold ──▶ held ──letGo──▶ leaving ──flushed──▶ closed
 *               ▲                 │
 *               └──────hold───────┘
 */
import { connect } from '@quire/provider'
import { Doc } from 'yjs'
import type { Connected, ConnectOptions, TokenSource } from '../api.ts'

/** What `useDocument` connects. */
export interface DocumentOptions extends Omit<ConnectOptions, 'doc'> {
  /** One of the application's; absent: one is made for each address and name. */
  readonly doc?: Doc | undefined
}

/** A document of one component. */
export interface Held {
  readonly options: DocumentOptions
  readonly connected: Connected
  token: TokenSource | undefined
}

/** A document that nobody holds any more. */
interface Leaving {
  readonly held: Held
  /** What was shown of this client before it was hidden; undefined as long as it is shown. */
  hidden: Record<string, unknown> | null | undefined
}

const leaving = new Set<Leaving>()

/** True if these options ask for this document. */
export const isFor = ({ options }: Held, asked: DocumentOptions): boolean =>
  options.url === asked.url &&
  options.document === asked.document &&
  options.doc === asked.doc &&
  options.presence === asked.presence

/** Asks this function for tokens from now on. */
export const ask = (held: Held, token: TokenSource | undefined): void => {
  held.token = token
}

/** Connects a document, or takes one over that is about to be closed. Throws where `connect` does. */
export const hold = (options: DocumentOptions): Held => takeOver(options) ?? open(options)

/** Closes it as soon as nothing is lost by that. */
export const letGo = (held: Held): void => {
  const one: Leaving = { held, hidden: undefined }
  leaving.add(one)
  void leave(one)
}

const open = (options: DocumentOptions): Held => {
  const { doc = new Doc() } = options
  const token: TokenSource = () => held.token?.() ?? null
  const connected = connect({ ...options, doc, token })
  const held: Held = { options, connected, token: options.token }
  return held
}

const takeOver = (options: DocumentOptions): Held | null => {
  const one = [...leaving].find(
    ({ held }) => isFor(held, options) && held.connected.state.kind !== 'closed',
  )
  if (one === undefined) return null
  leaving.delete(one)
  one.held.token = options.token
  if (one.hidden !== undefined) one.held.connected.presence?.setLocalState(one.hidden)
  return one.held
}

const leave = async (one: Leaving): Promise<void> => {
  const { connected, options } = one.held
  await Promise.resolve() // it may be taken over before this turn ends: then nobody sees that it was let go
  if (!leaving.has(one)) return
  if (options.presence === undefined) {
    one.hidden = connected.presence?.getLocalState() ?? null
    connected.presence?.setLocalState(null)
  }
  // what is changed meanwhile is waited for, too
  for (let flushed = await connected.flush(); flushed.ok && !connected.state.saved;)
    flushed = await connected.flush()
  if (leaving.delete(one)) connected.close()
}
