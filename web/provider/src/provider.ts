/*
 * A document and its channel: what is changed here is said, what is said there is applied, in order.
 *
 *     Y.Doc ──changed──▶ ┌───────┐ ──effects──▶ Y.Doc, Awareness, hub
 *     hub ───notices───▶ │channel│
 *     clock ──ticks────▶ └───────┘ ──state────▶ who looks at it
 */
import type { ChannelNotice, StateVector, Update } from '@quire/shared'
import {
  applyUpdate,
  encodeStateAsUpdate,
  encodeStateVector,
  getState,
  parseUpdateMeta,
  type Doc,
} from 'yjs'
import { Awareness } from 'y-protocols/awareness'
import type { Connected, Flushed, ProviderState, Signal, TokenSource } from './api.ts'
import {
  channelDueAt,
  createChannel,
  stepChannel,
  type Channel,
  type ChannelEffect,
  type ChannelEvent,
} from './connection/channel.ts'
import { IDLE } from './connection/connection.ts'
import type { Environment } from './environment.ts'
import type { ChannelOwner, Hub, Place } from './hub.ts'
import { PresenceLink } from './presence.ts'
import { isSameState, stateOf } from './state.ts'

/** What a provider is made with. */
export interface ProviderOptions {
  readonly document: string
  readonly doc: Doc
  readonly token: TokenSource
  /** False: nobody is shown, and this client is shown to nobody. */
  readonly presence: Awareness | boolean
  /** The connection of its server; asked for whenever it is needed. */
  readonly hub: () => Hub
  readonly environment: Environment
}

/** One document that is kept in step with a server. */
export class Provider implements Connected, ChannelOwner {
  readonly #options: ProviderOptions
  readonly #channel: Channel
  #place: Place | null
  readonly #presence: { readonly awareness: Awareness; readonly link: PresenceLink } | null
  readonly #isOwnAwareness: boolean
  readonly #listeners = new Set<() => void>()
  readonly #signalListeners = new Set<(signal: Signal) => void>()
  #state: ProviderState
  #queue: ChannelEvent[] = []
  #isStepping = false
  #undoTimer: () => void = () => undefined
  #waiting: (() => boolean)[] = []

  constructor(options: ProviderOptions) {
    this.#options = options
    const { doc, document, presence, environment } = options
    this.#channel = createChannel({ document, pending: contentOf(doc, environment.now()) })
    this.#isOwnAwareness = presence === true
    const awareness = presence === true ? new Awareness(doc) : presence
    this.#presence =
      awareness === false
        ? null
        : { awareness, link: new PresenceLink(awareness, this, () => this.#sayPresence()) }
    doc.on('update', this.#changed)
    doc.on('destroy', this.close)
    this.#state = stateOf(this.#channel, IDLE)
    this.#place = null
    this.resume()
  }

  get doc(): Doc {
    return this.#options.doc
  }

  get state(): ProviderState {
    return this.#state
  }

  get presence(): Awareness | null {
    return this.#presence?.awareness ?? null
  }

  get users(): ReadonlyMap<number, string | null> {
    return this.#presence?.link.users ?? new Map()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  readonly onSignal = (listener: (signal: Signal) => void): (() => void) => {
    this.#signalListeners.add(listener)
    return () => void this.#signalListeners.delete(listener)
  }

  readonly signal = (data: Uint8Array): boolean => {
    if (this.#state.kind !== 'live') return false
    this.#place?.say({ kind: 'signal', data })
    return true
  }

  readonly flush = (): Promise<Flushed> =>
    new Promise((resolve) => {
      const fail = (message: string): void => resolve({ ok: false, error: { message } })
      const look = (): boolean => {
        const { state } = this
        if (state.saved) resolve({ ok: true })
        else if (state.denied !== null) fail(state.denied)
        else if (state.kind === 'refused' || state.kind === 'replaced') fail(state.reason)
        else if (state.kind === 'closed') fail('the document was closed')
        else return false
        return true
      }
      if (!look()) this.#waiting.push(look)
    })

  readonly pause = (): void => {
    this.#push({ kind: 'offline' })
    this.#leave()
    this.#show()
  }

  readonly resume = (): void => {
    if (this.#place !== null || this.#state.kind === 'closed') return
    this.#push({ kind: 'wanted' })
    const { kind } = this.#channel.phase
    if (kind === 'replaced') return
    this.#place = this.#options.hub().join(this)
    if (this.#place.connection.kind === 'open') this.#push({ kind: 'online' })
    this.#show()
  }

  readonly close = (): void => {
    const { doc } = this.#options
    doc.off('update', this.#changed)
    doc.off('destroy', this.close)
    this.#push({ kind: 'close' })
    this.#presence?.link.end()
    if (this.#isOwnAwareness) this.#presence?.awareness.destroy()
    this.#leave()
    this.#undoTimer()
  }

  online(): void {
    this.#push({ kind: 'online' })
  }

  offline(): void {
    this.#push({ kind: 'offline' })
  }

  woken(): void {
    this.#push({ kind: 'woken' })
  }

  notice(notice: ChannelNotice): void {
    this.#push({ kind: 'notice', notice })
  }

  changed(): void {
    this.#show()
  }

  readonly #changed = (update: Uint8Array, origin: unknown): void => {
    if (origin !== this) this.#push({ kind: 'changed', update: update as Update }) // Yjs wrote it
  }

  #push(event: ChannelEvent): void {
    this.#queue.push(event)
    if (this.#isStepping) return
    this.#isStepping = true
    const { environment } = this.#options
    try {
      // what is done may push, as whoever watches the document may change it; the array grows while it is walked
      for (let i = 0; i < this.#queue.length; i++) {
        const next = this.#queue[i]
        if (next === undefined) break
        const around = { now: environment.now(), random: environment.random() }
        for (const effect of stepChannel(this.#channel, next, around)) this.#perform(effect)
      }
    } finally {
      this.#queue = []
      this.#isStepping = false
    }
    this.#setTimer()
    this.#show()
    // for good: a connection that nobody else needs is not kept for it
    const { kind } = this.#channel.phase
    if (kind === 'refused' || kind === 'replaced') this.#leave()
  }

  #leave(): void {
    this.#place?.leave()
    this.#place = null
  }

  #perform(effect: ChannelEffect): void {
    const { doc } = this.#options
    switch (effect.kind) {
      case 'get-token':
        return void this.#getToken()
      case 'say':
        return this.#place?.say(effect.request)
      case 'ask': {
        const stateVector = encodeStateVector(doc) as StateVector // Yjs wrote it
        return this.#place?.say({ kind: 'ask', stateVector })
      }
      case 'answer': {
        const update = encodeStateAsUpdate(doc, effect.stateVector) as Update // Yjs wrote it
        return this.#place?.say({ kind: 'answer', number: effect.number, update })
      }
      case 'apply':
        return this.#apply(effect.update)
      case 'show-presence':
        return this.#presence?.link.take(effect.entries)
      case 'say-presence':
        return this.#sayPresence()
      case 'forget-presence':
        return this.#presence?.link.forget()
      case 'signal':
        return this.#tell(this.#signalListeners, effect)
    }
  }

  #apply(update: Update): void {
    const { doc } = this.#options
    try {
      applyUpdate(doc, update, this)
    } catch (error) {
      if (isIn(doc, update)) return throwLater(error) // by somebody who watches the document
      const reason = error instanceof Error ? error.message : String(error)
      this.#push({ kind: 'broken', reason: `an update of the server does not apply: ${reason}` })
    }
  }

  async #getToken(): Promise<void> {
    let event: ChannelEvent
    try {
      event = { kind: 'token', token: await this.#options.token() }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      event = { kind: 'token-failed', reason: `no token: ${reason}` }
    }
    this.#push(event)
  }

  #sayPresence(): void {
    const { kind } = this.#channel.phase
    const own = this.#presence?.link.own() ?? null
    if (own !== null && (kind === 'syncing' || kind === 'live'))
      this.#place?.say({ kind: 'presence', presence: own })
  }

  #setTimer(): void {
    this.#undoTimer()
    const at = channelDueAt(this.#channel)
    const { now, after } = this.#options.environment
    this.#undoTimer =
      at === null ? () => undefined : after(at - now(), () => this.#push({ kind: 'tick' }))
  }

  #show(): void {
    const state = stateOf(this.#channel, this.#place?.connection ?? IDLE)
    if (isSameState(state, this.#state)) return
    this.#state = state
    this.#waiting = this.#waiting.filter((look) => !look())
    this.#tell(this.#listeners, undefined)
  }

  /** What a listener throws is its own, and nobody else's. */
  #tell<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
    for (const listener of listeners)
      try {
        listener(value)
      } catch (error) {
        throwLater(error)
      }
  }
}

/** True if the document has every struct of the update. */
const isIn = (doc: Doc, update: Update): boolean => {
  try {
    const { to } = parseUpdateMeta(update)
    return [...to].every(([client, clock]) => getState(doc.store, client) >= clock)
  } catch {
    return false
  }
}

const throwLater = (error: unknown): void =>
  queueMicrotask(() => {
    throw error
  })

/** What a document has before it was ever connected is not known to be anywhere else. */
const contentOf = (doc: Doc, now: number): Channel['pending'] => {
  const update = encodeStateAsUpdate(doc) as Update // Yjs wrote it
  if (update.length <= EMPTY_BYTES) return []
  return [{ update, changes: 1, at: now, number: null }]
}

/** An update of no structs and no deletes: two zeros. */
const EMPTY_BYTES = 2
