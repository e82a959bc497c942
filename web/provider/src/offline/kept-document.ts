/*
 * A document that is open on a device, beside others who have it open as well.
 *
 *   changedHere ──▶ pending ──▶ records.write ──▶ siblings: kept ──▶ changed, in the other tabs
 *   changedThere ─▶ pending ──┤ soon, by the one who is elected;
 *                             └ by the others, if nobody has kept it within some seconds
 *
 * Others are told of a change once it is kept, and whoever opens the document listens before it reads: so each
 * change is read, or heard, or both. A change made here that cannot be kept is told at once, and again to
 * newcomers, by the one who has made it and by nobody else.
 *
 * What comes from the server needs no haste: until it is kept no position says that it is, so that the server
 * tells it again. A change made here is nowhere else, and is written at once.
 */
import { assertNever, err, ok, type Result, type Update } from '@quire/shared'
import type { OfflineClock } from './clock.ts'
import { Journal } from './journal.ts'
import { Pacing } from './pacing.ts'
import { Pending, type Draft, type Given } from './pending.ts'
import { clearedProblem } from './records.ts'
import type { Contents, DocumentRecords, UnsavedEntry } from './records.ts'
import type { SiblingEvent, SiblingMessage, SiblingNews, Siblings } from './siblings.ts'
import type { Kept, KeptDocument, KeptListener, Position, StoreProblem } from './store.ts'
import { Waiters, type Waiter } from './waiters.ts'
import { Work, type Job } from './work.ts'

/** What an opener works with. */
export interface DocumentPorts {
  /** For people. */
  readonly name: string
  readonly records: DocumentRecords
  readonly siblings: Siblings
  readonly clock: OfflineClock
  readonly listener: KeptListener
  /** It has been given back. */
  readonly onClosed: () => void
}

/** What was found when it was opened. */
export interface Opening {
  readonly contents: Pick<Contents, 'life' | 'size' | 'position'>
  readonly updates: readonly Update[]
  /** What it has to send. */
  readonly unsaved: readonly UnsavedEntry[]
}

/** How many times as long a log is as it may be when others fold it than the one who is elected. */
const OTHERS_FOLD_TIMES = 4

/** One opener's document. */
export class OpenDocument implements KeptDocument {
  readonly kept: Kept
  readonly #ports: DocumentPorts
  readonly #pending = new Pending()
  readonly #work: Work
  readonly #pacing: Pacing
  readonly #journal: Journal
  readonly #gone = new Set<string>()
  readonly #flushes = new Waiters()
  readonly #clearings = new Waiters()
  /** The kind of the problem that the owner knows of. */
  #told: StoreProblem['kind'] | undefined
  /** The last clearing asked for. */
  #cleared: Promise<Result<void, StoreProblem>> = Promise.resolve(ok(undefined))
  #closing: Promise<void> | null = null
  /** Of what the document is, as far as this opener or another one knows. */
  #epoch: number | null

  constructor(ports: DocumentPorts, { contents, updates, unsaved }: Opening) {
    this.#ports = ports
    const { name, records, siblings } = ports
    this.#epoch = contents.position?.epoch ?? null
    this.#journal = new Journal({ name, records, self: siblings.self }, contents)
    this.kept = {
      updates,
      unsaved: this.#journal.handles.own(unsaved),
      position: contents.position,
    }
    this.#work = new Work({
      clock: ports.clock,
      next: () => this.#next(),
      onProblem: (problem) => this.#onProblem(problem),
      onIdle: () => this.#onIdle(),
    })
    this.#pacing = new Pacing(this.#pending, ports.clock, () => this.#work.wake())
  }

  changedHere(update: Update): number {
    const key = this.#journal.handles.next()
    this.#give({ kind: 'here', key, update, at: this.#ports.clock.now() })
    return key
  }

  changedThere(update: Update): void {
    this.#give({ kind: 'there', update })
  }

  saved(keys: readonly number[]): void {
    if (keys.length > 0) this.#give({ kind: 'saved', keys })
  }

  moved(position: Position): void {
    if (position.epoch !== this.#epoch) {
      this.#epoch = position.epoch
      this.#tell({ kind: 'unkept', updates: [] }) // before it is kept, which may take a while
    }
    this.#give({ kind: 'moved', position })
  }

  flush(): Promise<Result<void, StoreProblem>> {
    const problem = this.#whyOver()
    if (problem !== null) return Promise.resolve(err(problem))
    const { serial } = this.#pending
    if (this.#pending.isKept(serial)) return Promise.resolve(ok(undefined))
    return this.#await(this.#flushes, serial)
  }

  clear(): Promise<Result<void, StoreProblem>> {
    const problem = this.#whyOver()
    if (problem !== null) return Promise.resolve(err(problem))
    this.#cleared = this.#forget()
    return this.#cleared
  }

  close(): Promise<void> {
    this.#closing ??= this.#close(Promise.all([this.flush(), this.#cleared]))
    return this.#closing
  }

  async #forget(): Promise<Result<void, StoreProblem>> {
    const epoch = this.#epoch
    this.#epoch = null // what comes from now on may be of another one
    const cleared = await this.#await(this.#clearings, this.#pending.serial)
    if (!cleared.ok) this.#epoch ??= epoch
    return cleared
  }

  /** Something has happened to the others. */
  hear(event: SiblingEvent): void {
    if (this.#closing !== null) return
    switch (event.kind) {
      case 'heard':
        return this.#heard(event.message)
      case 'joined':
        if (this.#epoch !== null) this.#tell({ kind: 'unkept', updates: [] })
        this.#pending.tellAgain()
        return this.#work.problem === null ? undefined : this.#tellUnkept(this.#pending.untold())
      case 'left':
        this.#gone.add(event.opener)
        return this.#work.wake()
      case 'elected':
        this.#pacing.elect()
        return this.#work.wake()
      default:
        return assertNever(event)
    }
  }

  async #close(done: Promise<unknown>): Promise<void> {
    await done
    this.#pacing.stop()
    await this.#work.stop()
    this.#ports.siblings.leave()
    await this.#ports.records.close()
    this.#ports.onClosed()
  }

  #whyOver(): StoreProblem | null {
    if (this.#closing !== null)
      return { kind: 'unavailable', message: `${this.#ports.name} is closed on this device` }
    return this.#work.isOver ? this.#work.problem : null
  }

  #await(waiters: Waiters, serial: number): Promise<Result<void, StoreProblem>> {
    const answer = waiters.wait(serial)
    this.#work.retry()
    return answer
  }

  #give(given: Given): void {
    if (this.#closing !== null) return
    if (this.#work.isOver) {
      if (given.kind === 'here') this.#tellUnkept([given.update])
      return
    }
    this.#pending.add(given)
    if (this.#work.problem !== null) this.#tellUnkept(this.#pending.untold())
    if (this.#pacing.isUrgent || this.#flushes.areThere) this.#work.wake()
    else this.#pacing.arm()
  }

  #next(): Job | null {
    const clearing = this.#clearings.shift()
    if (clearing !== null) return () => this.#clear(clearing)
    if (this.#gone.size > 0) return () => this.#adopt([...this.#gone])
    // however much is given, a log that is twice as long as it may be waits no longer
    if (this.#isFoldDue(2)) return () => this.#fold()
    const draft = this.#pacing.draft(this.#flushes.areThere)
    if (draft !== null) return () => this.#write(draft)
    return this.#isFoldDue(1) ? () => this.#fold() : null
  }

  /** The others fold only if the one who is elected does not, as a tab that the browser has put to sleep. */
  #isFoldDue(times: number): boolean {
    return this.#journal.isFoldDue(this.#pacing.isElected ? times : times * OTHERS_FOLD_TIMES)
  }

  async #write(draft: Draft): ReturnType<Job> {
    const written = await this.#journal.write(draft)
    if (!written.ok) {
      this.#pending.restore()
      return written.error
    }
    this.#pending.settle()
    const { key } = draft.unsaved.at(-1) ?? { key: null }
    if (key !== null) this.#notify(() => this.#ports.listener.kept(key))
    this.#tell(written.value)
    this.#answer()
    return 'done'
  }

  async #adopt(gone: readonly string[]): ReturnType<Job> {
    const { listener } = this.#ports
    const adopted = await this.#journal.adopt(gone)
    if (!adopted.ok) return adopted.error
    for (const opener of gone) this.#gone.delete(opener)
    const unsaved = adopted.value
    const life = this.#journal.lives.current
    if (life === null || unsaved.length === 0) return 'done'
    const updates = unsaved.map(({ update }) => update)
    this.#notify(() => {
      for (const update of updates) listener.changed(update)
      listener.inherited(unsaved)
    })
    // the one who is gone may have kept them without having told anybody
    this.#tell({ kind: 'kept', life, updates, position: null, size: this.#journal.size })
    return 'done'
  }

  async #clear({ serial, resolve }: Waiter): ReturnType<Job> {
    const cleared = await this.#journal.clear()
    if (!cleared.ok) {
      resolve(cleared)
      return 'undone'
    }
    this.#pending.forget(serial)
    this.#tell(cleared.value)
    this.#answer()
    resolve(ok(undefined))
    return 'done'
  }

  async #fold(): ReturnType<Job> {
    return (await this.#journal.fold()) ? 'done' : 'undone'
  }

  #heard(message: SiblingMessage): void {
    const { listener, name } = this.#ports
    if (this.#work.problem?.kind === 'cleared') return
    switch (message.kind) {
      case 'cleared':
        if (message.life === this.#journal.lives.current) this.#work.end(clearedProblem(name))
        return
      case 'unkept':
        this.#belong(message.epoch)
        for (const update of message.updates) {
          if (this.#pending.holds(update)) continue
          this.#notify(() => listener.changed(update))
          if (this.#work.isOver) continue
          this.#pending.add({ kind: 'unkept', update })
          this.#work.wake()
        }
        return
      case 'kept': {
        const life = this.#journal.lives.meet(message.life)
        if (life === 'past') return
        if (life === 'another') return this.#work.end(clearedProblem(name))
        this.#belong(message.epoch)
        const news = this.#pending.covered(message.updates, message.position)
        for (const update of news) this.#notify(() => listener.changed(update))
        this.#journal.grown(message.size)
        this.#answer()
        if (this.#isFoldDue(1)) this.#work.wake()
        return
      }
      default:
        assertNever(message)
    }
  }

  /** Another opener knows of which epoch it is. */
  #belong(epoch: number | null): void {
    if (epoch === null || epoch === this.#epoch) return
    this.#epoch = epoch
    this.#notify(() => this.#ports.listener.belongs(epoch))
  }

  #onProblem(problem: StoreProblem | null): void {
    if (problem !== null) {
      this.#flushes.fail(problem)
      this.#clearings.fail(problem)
      this.#tellUnkept(this.#pending.untold())
    }
    const isNews = problem?.kind !== this.#told
    this.#told = problem?.kind
    if (isNews) this.#notify(() => this.#ports.listener.problem(problem))
  }

  #onIdle(): void {
    this.#answer()
    this.#pacing.arm()
  }

  #answer(): void {
    this.#flushes.answer((serial) => this.#pending.isKept(serial))
  }

  #tellUnkept(updates: readonly Update[]): void {
    if (updates.length > 0) this.#tell({ kind: 'unkept', updates })
  }

  /** Whoever has what was cleared has nothing to say of what the document is now. */
  #tell(news: SiblingNews | null): void {
    if (news !== null && this.#work.problem?.kind !== 'cleared')
      this.#ports.siblings.tell({ ...news, epoch: this.#epoch })
  }

  /** What the owner of the document throws is none of the store's. */
  #notify(task: () => void): void {
    queueMicrotask(() => {
      if (this.#closing === null) task()
    })
  }
}
