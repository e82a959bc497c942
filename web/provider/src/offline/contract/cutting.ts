/*
 * Random lives of a document on a device: several tabs edit it, hear a server, flush, close and crash at any
 * moment. The server is a list of labels; where a tab is in it is its position.
 */
import fc from 'fast-check'
import {
  at,
  expectThat,
  labelled,
  labelOfUnsaved,
  labelsIn,
  openIn,
  unwrap,
  type OfflineRule,
  type OfflineTab,
  type OfflineUnderTest,
  type Opened,
} from './fixture.ts'

const TABS = 3
const STEPS = 40

const kinds = [
  'open',
  'edit',
  'edit',
  'edit',
  'receive',
  'send',
  'flush',
  'wait',
  'wait longer',
  'close',
  'crash',
] as const

interface Step {
  readonly kind: (typeof kinds)[number]
  readonly tab: number
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  tab: fc.nat({ max: TABS - 1 }),
})

/** A tab with the document open, as a provider has it. */
interface Client {
  readonly tab: OfflineTab
  readonly opened: Opened
  /** Labels of the server that it has been told. */
  cursor: number
  /** What it has to send, by label. */
  readonly unsent: Map<string, number>
  readonly own: string[]
}

class History {
  readonly #device: OfflineUnderTest
  readonly #clients = new Map<number, Client>()
  readonly #server: string[] = []
  /** Changed somewhere, and flushed. */
  readonly #promised = new Set<string>()
  #edits = 0

  constructor(device: OfflineUnderTest) {
    this.#device = device
  }

  async take({ kind, tab }: Step): Promise<void> {
    const client = this.#clients.get(tab)
    if (kind === 'open' && client === undefined)
      this.#clients.set(tab, await this.#open(await this.#device.tab()))
    if (client === undefined) return
    const { document } = client.opened
    switch (kind) {
      case 'open':
        return
      case 'edit': {
        const label = `edit ${++this.#edits}`
        client.own.push(label)
        client.unsent.set(label, document.changedHere(labelled(label)))
        return
      }
      case 'receive':
        return this.#receive(client)
      case 'send':
        return this.#send(client)
      case 'flush': {
        const own = [...client.own]
        unwrap(await document.flush())
        for (const label of own) this.#promised.add(label)
        return
      }
      case 'wait':
        return this.#device.pass(250)
      case 'wait longer':
        return this.#device.pass(6_000)
      case 'close':
        this.#clients.delete(tab)
        await document.close()
        for (const label of client.own) this.#promised.add(label)
        return
      case 'crash':
        if (this.#device.crashesAlone) this.#clients.delete(tab)
        else this.#clients.clear()
        return client.tab.crash()
    }
  }

  /** All is over; what does the next one find? */
  async end(): Promise<void> {
    for (const { tab } of this.#clients.values()) await tab.crash()
    const { tab, opened, unsent } = await this.#open(await this.#device.tab())
    const labels = new Set(opened.labels())
    for (const label of this.#promised) {
      expectThat(labels.has(label), `${label}, which was flushed, is kept`)
      if (!this.#server.includes(label))
        expectThat(unsent.has(label), `${label}, which the server lacks, is to be sent`)
    }
    for (const label of unsent.keys()) expectThat(labels.has(label), `${label}, unsaved, is kept`)
    await tab.crash()
  }

  async #open(tab: OfflineTab): Promise<Client> {
    const opened = await openIn(tab)
    const { updates, unsaved, position } = opened.document.kept
    const cursor = position?.seq ?? 0
    const labels = new Set(labelsIn(updates))
    for (const label of this.#server.slice(0, cursor))
      expectThat(labels.has(label), `${label}, which is within the position ${cursor}, is kept`)
    const unsent = new Map(unsaved.map((one) => [labelOfUnsaved(one), one.key]))
    return { tab, opened, cursor, unsent, own: [] }
  }

  #receive(client: Client): void {
    const known = new Set([...client.opened.labels(), ...client.own])
    for (const label of this.#server.slice(client.cursor))
      if (!known.has(label)) client.opened.document.changedThere(labelled(label))
    client.own.push(...this.#server.slice(client.cursor))
    client.cursor = this.#server.length
    client.opened.document.moved(at(client.cursor))
  }

  #send({ opened, unsent }: Client): void {
    const inherited = opened.inherited.map((one) => [labelOfUnsaved(one), one.key] as const)
    for (const [label, key] of [...unsent, ...inherited]) {
      if (!this.#server.includes(label)) this.#server.push(label)
      opened.document.saved([key])
    }
    unsent.clear()
  }
}

/** OS14, with so many lives. */
export const cuttingRules = (lives: number): readonly OfflineRule[] => [
  {
    title: '[OS4] [OS5] [OS9] [OS14] nothing that was promised is lost at any cut',
    run: async (device) => {
      // one device for all runs, for some are slow to make: each run begins with what the last one left
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: STEPS, maxLength: STEPS }), async (steps) => {
          const tab = await device.tab()
          const { document } = await openIn(tab)
          unwrap(await document.clear())
          await tab.crash()
          const history = new History(device)
          for (const tab of [0, 1]) await history.take({ kind: 'open', tab })
          for (const each of steps) await history.take(each)
          await history.end()
        }),
        { numRuns: lives, endOnFailure: true },
      )
    },
  },
]
