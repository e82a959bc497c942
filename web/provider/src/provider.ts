/*
 * A document and its channel: what is changed here is said, what is said there is applied, in order.
 *
 *     Y.Doc ──changed──▶ ┌───────┐ ──effects──▶ Y.Doc, Awareness, hub, this device
 *     hub ───notices───▶ │channel│
 *     clock ──ticks────▶ └───────┘ ──state────▶ who looks at it
 */
import { seq, type ChannelNotice } from '@quire/shared'
import type { Doc } from 'yjs'
import { Awareness } from 'y-protocols/awareness'
import type { Connected, Flushed, ProviderState, Signal, TokenSource } from './api.ts'
import { channelDueAt, stepChannel } from './connection/channel.ts'
import {
  createChannel,
  type Channel,
  type ChannelEffect,
  type ChannelEvent,
} from './connection/channel-state.ts'
import { IDLE } from './connection/connection.ts'
import { pendingOf } from './connection/pending.ts'
import { DeviceLink, pendingOfAll } from './device-link.ts'
import { DocumentLink } from './document-link.ts'
import type { Environment } from './environment.ts'
import type { ChannelOwner, Hub, Place } from './hub.ts'
import type { KeptDocument, OfflineStore, StoreProblem } from './offline/store.ts'
import { Listeners } from './listeners.ts'
import { PresenceLink } from './presence.ts'
import { failedIn, isSameState, stateOf, type Device } from './state.ts'

/** What a provider is made with. */
export interface ProviderOptions {
  readonly document: string
  readonly doc: Doc
  readonly token: TokenSource
  /** False: nobody is shown, and this client is shown to nobody. */
  readonly presence: Awareness | boolean
  readonly offline: OfflineStore | null
  /** The connection of its server; asked for whenever it is needed. */
  readonly hub: () => Hub
  readonly environment: Environment
}

/** What is known of this device. */
type Known = Omit<Device, 'unkept' | 'untaken'>

/** One document that is kept in step with a server. */
export class Provider implements Connected, ChannelOwner {
  readonly #options: ProviderOptions
  readonly #channel: Channel
  readonly #link: DocumentLink
  readonly #kept: DeviceLink | null
  #known: Known
  #place: Place | null = null
  readonly #presence: { readonly awareness: Awareness; readonly link: PresenceLink } | null
  readonly #isOwnAwareness: boolean
  readonly #watchers: Listeners<void>
  readonly #signals: Listeners<Signal>
  #state: ProviderState
  #tasks: (() => void)[] = []
  #isBusy = false
  /** Changes that wait to be taken in. */
  #untaken = 0
  #undoTimer: () => void = () => undefined
  #waiting: (() => boolean)[] = []

  constructor(options: ProviderOptions) {
    this.#options = options
    const { doc, document, presence, offline, environment } = options
    this.#watchers = new Listeners(environment.report)
    this.#signals = new Listeners(environment.report)
    this.#link = new DocumentLink(doc, this, {
      changedHere: (update) => {
        const key = this.#kept?.changedHere(update) ?? null
        this.#untaken++
        if (this.#isBusy) this.#show() // it is not saved from this moment on
        this.#do(() => {
          this.#untaken--
          this.#step({ kind: 'changed', update, key })
        })
      },
      changedThere: (update) => this.#kept?.changedThere(update),
      threw: (error) => environment.report(error),
    })
    this.#isOwnAwareness = presence === true
    const awareness = presence === true ? new Awareness(doc) : presence
    this.#presence =
      awareness === false
        ? null
        : { awareness, link: new PresenceLink(awareness, this, () => this.#sayPresence()) }
    doc.on('destroy', this.close)
    this.#known = { local: offline === null ? 'off' : 'opening', storeProblem: null }
    this.#kept = offline === null ? null : this.#openDevice(offline)
    // what a document has before it was ever connected is not known to be anywhere else
    const content = this.#link.content()
    const pending = content === null ? [] : [pendingOf(content, environment.now(), null)]
    this.#channel = createChannel({ document, pending, loads: offline !== null })
    this.#state = stateOf(this.#channel, IDLE, this.#deviceNow())
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

  readonly subscribe = (listener: () => void): (() => void) => this.#watchers.add(listener)

  readonly onSignal = (listener: (signal: Signal) => void): (() => void) =>
    this.#signals.add(listener)

  readonly signal = (data: Uint8Array): boolean => {
    if (this.#state.kind !== 'live') return false
    this.#place?.say({ kind: 'signal', data })
    return true
  }

  readonly flush = async (): Promise<Flushed> => {
    await Promise.resolve() // what an observer changes is told when it has returned
    // what is changed later is not waited for
    const upTo = this.#channel.savedChanges + this.#state.unsaved.changes
    const { promise, resolve } = Promise.withResolvers<Flushed>()
    const look = (): boolean => {
      const isSaved = this.#state.saved || this.#channel.savedChanges >= upTo
      const flushed: Flushed | null = isSaved ? { ok: true } : failedIn(this.#state)
      if (flushed !== null) resolve(flushed)
      return flushed !== null
    }
    if (!look()) this.#waiting.push(look)
    return promise
  }

  readonly pause = (): void =>
    this.#do(() => {
      this.#step({ kind: 'pause' })
      this.#leave()
    })

  readonly resume = (): void =>
    this.#do(() => {
      if (this.#place === null) this.#step({ kind: 'wanted' })
      const { kind } = this.#channel.phase
      if (kind === 'replaced' || kind === 'over') return
      this.#place ??= this.#options.hub().join(this)
      this.#place.retry()
    })

  readonly discard = async (): Promise<Flushed> => {
    const cleared = (await this.#kept?.clear()) ?? { ok: true }
    if (cleared.ok) this.close()
    return cleared
  }

  readonly close = (): void => {
    this.#options.doc.off('destroy', this.close)
    this.#link.end()
    this.#push({ kind: 'close' })
    this.#presence?.link.end()
    if (this.#isOwnAwareness) this.#presence?.awareness.destroy()
    this.#kept?.close()
  }

  online(messageBytes: number): void {
    this.#push({ kind: 'online', messageBytes })
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

  #openDevice(store: OfflineStore): DeviceLink {
    const { document, environment } = this.#options
    return new DeviceLink({
      store,
      document,
      environment,
      listener: {
        opened: (kept) => this.#do(() => this.#load(kept)),
        belongs: (epoch) => this.#do(() => this.#belong(epoch)),
        changed: (update) => {
          this.#noteBroken(this.#link.load([update]))
          this.#push({ kind: 'overheard' })
        },
        kept: () => this.#show(),
        inherited: (unsaved) => this.#push({ kind: 'inherited', unsaved: pendingOfAll(unsaved) }),
        problem: (storeProblem) => this.#do(() => this.#noteProblem(storeProblem)),
      },
    })
  }

  /** What this device keeps comes in, and what is here is kept; the network waits for the first time. */
  #load(kept: KeptDocument): void {
    const { updates, unsaved, position } = kept.kept
    const { epoch, phase } = this.#channel
    if (epoch !== null && position !== null && position.epoch !== epoch) return this.#leaveDevice()
    if (phase.kind === 'over') return void this.#keepPending()
    const here = phase.kind === 'loading' ? null : this.#link.content()
    this.#know({ local: 'open', storeProblem: null })
    this.#noteBroken(this.#link.load(updates))
    // before anything of it is kept: what is kept without an epoch would be merged with any
    if (epoch !== null && position === null) kept.moved({ epoch, seq: seq(0) })
    if (here !== null) kept.changedThere(here)
    const keys = this.#keepPending()
    const found = { epoch: position?.epoch ?? null, unsaved: pendingOfAll(unsaved), keys }
    this.#step({ kind: 'loaded', ...found })
  }

  /** Another tab knows which document has the name. */
  #belong(epoch: number): void {
    const known = this.#channel.epoch
    if (known === null) this.#step({ kind: 'belongs', epoch })
    else if (known !== epoch) this.#leaveDevice()
  }

  /** What is there is of another document: nothing of it comes in, and nothing goes there. */
  #leaveDevice(): void {
    this.#kept?.letGo()
    const message = `this device keeps another document that had the name ${this.#options.document}`
    this.#know({ local: 'open', storeProblem: { kind: 'broken', message } })
  }

  #keepPending(): readonly number[] {
    return this.#channel.pending.flatMap(
      ({ update, changes }) => this.#kept?.changedHere(update, changes) ?? [],
    )
  }

  #noteProblem(storeProblem: StoreProblem | null): void {
    this.#know({ local: 'open', storeProblem })
    if (this.#channel.phase.kind === 'loading')
      this.#step({ kind: 'loaded', epoch: null, unsaved: [], keys: [] })
    if (storeProblem?.kind === 'cleared') this.#openAnew()
  }

  /** Asks the server which document has the name now: what it said before may have been overtaken. */
  #openAnew(): void {
    const { phase, messageBytes } = this.#channel
    if (!['opening', 'syncing', 'live'].includes(phase.kind)) return
    this.#step({ kind: 'pause' })
    this.#step({ kind: 'online', messageBytes })
  }

  /** What was forgotten here is kept again, once the server has said that it is still the document of this name. */
  #keepAnew(): void {
    if (this.#known.storeProblem?.kind === 'cleared' && this.#channel.phase.kind === 'live')
      this.#kept?.reopen()
  }

  #noteBroken(why: string | null): void {
    if (why === null) return
    const message = `what this device keeps of ${this.#options.document} does not apply: ${why}`
    this.#know({ storeProblem: { kind: 'broken', message } })
  }

  #deviceNow(): Device {
    return { ...this.#known, unkept: this.#kept?.unkept ?? Infinity, untaken: this.#untaken }
  }

  #know(news: Partial<Known>): void {
    this.#known = { ...this.#known, ...news }
    this.#show()
  }

  #push(event: ChannelEvent): void {
    this.#do(() => this.#step(event))
  }

  /** One thing after the other: what is done may cause more, as whoever watches the document may change it. */
  #do(task: () => void): void {
    this.#tasks.push(task)
    if (this.#isBusy) return
    this.#isBusy = true
    for (let next = this.#tasks.shift(); next !== undefined; next = this.#tasks.shift())
      this.#guarded(next)
    this.#isBusy = false
    this.#setTimer()
    // for good: a connection that nobody else needs is not kept for it
    const { kind } = this.#channel.phase
    if (kind === 'refused' || kind === 'replaced' || kind === 'over') this.#leave()
    this.#show()
  }

  /** Whatever goes wrong in one thing, the next is done. */
  #guarded(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.#options.environment.report(error)
    }
  }

  #step(event: ChannelEvent): void {
    const { environment } = this.#options
    const around = { now: environment.now(), random: environment.random() }
    const before = this.#channel.phase.kind
    // what the application's listeners throw must not keep what comes after it from being done
    for (const effect of stepChannel(this.#channel, event, around))
      this.#guarded(() => this.#perform(effect))
    if (before !== this.#channel.phase.kind) this.#keepAnew()
  }

  #leave(): void {
    this.#place?.leave()
    this.#place = null
  }

  #perform(effect: ChannelEffect): void {
    switch (effect.kind) {
      case 'get-token':
        return void this.#getToken(effect.attempt)
      case 'say':
        return this.#place?.say(effect.request)
      case 'ask':
        return this.#place?.say({ kind: 'ask', stateVector: this.#link.stateVector() })
      case 'compare':
        return this.#push({ kind: 'compared', update: this.#link.beyond(effect.stateVector) })
      case 'apply':
        return this.#distrust('an update', this.#link.apply(effect.update))
      case 'show-presence':
        return this.#distrust('presence', this.#presence?.link.take(effect.entries) ?? null)
      case 'say-presence':
        return this.#sayPresence()
      case 'forget-presence':
        return this.#presence?.link.forget()
      case 'signal':
        return this.#signals.tell(effect)
      case 'note-saved':
        return this.#kept?.saved(effect.keys)
      case 'note-position':
        return this.#kept?.moved(effect.position)
    }
  }

  #distrust(what: string, why: string | null): void {
    if (why === null) return
    this.#push({ kind: 'broken', reason: `the server sent ${what} that does not apply: ${why}` })
  }

  async #getToken(attempt: number): Promise<void> {
    let event: ChannelEvent
    try {
      event = { kind: 'token', attempt, token: await this.#options.token() }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      event = { kind: 'token-failed', attempt, reason: `no token: ${reason}` }
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
    const state = stateOf(this.#channel, this.#place?.connection ?? IDLE, this.#deviceNow())
    const isNews = !isSameState(state, this.#state)
    if (isNews) this.#state = state
    this.#waiting = this.#waiting.filter((look) => !look())
    if (isNews) this.#watchers.tell()
  }
}
