/*
 * Two browsers with two tabs each, a network that cuts, a server that dies with what is not on its disk, tabs that die
 * with what is not on their device: whatever happens in whichever order, what was shown as saved is on disk, nothing
 * that was kept is lost, and all are equal in the end.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { applyUpdate, Doc, encodeStateVector, UndoManager } from 'yjs'
import type { Provider } from './provider.ts'
import { createWorld, type World } from './testing/test-clients.ts'
import { TestDevice, type TestTab } from './testing/test-device.ts'
import { isNews } from './testing/test-document.ts'

/** More runs: PROVIDER_RUNS=5000. */
const RUNS = Number(process.env['PROVIDER_RUNS'] ?? 150)

/** What may happen, with two numbers that say to whom and how. */
const happenings = [
  'write',
  'write',
  'write',
  'delete',
  'undo',
  'deliver up',
  'deliver up',
  'deliver down',
  'deliver down',
  'settle',
  'commit',
  'tell positions',
  'time',
  'time',
  'cut',
  'crash',
  'fold',
  'wake',
  'pause',
  'resume',
  'come again',
  'go',
  'device writes',
  'device writes',
  'tab dies',
  'device fails',
  'device works',
  'device forgets',
] as const
type Happening = readonly [(typeof happenings)[number], number, number]
const weather = fc.array(
  fc.tuple(fc.constantFrom(...happenings), fc.nat({ max: 1_000 }), fc.nat({ max: 1_000 })),
  { minLength: 10, maxLength: 120 },
)

/** Somebody in a tab. */
class Person {
  readonly page: string
  readonly device: TestDevice | null
  doc: Doc
  provider: Provider | null = null
  tab: TestTab | null = null
  /** What was changed here and was not seen as saved. */
  unseen: Uint8Array[] = []
  /** What was kept when the tab died. */
  kept: readonly Uint8Array[] = []
  readonly #number: number
  #lives = 0
  #words = 0
  #undo: UndoManager

  constructor(number: number, device: TestDevice | null) {
    this.#number = number
    this.page = `page ${number % 2}`
    this.device = device
    this.doc = this.#begin()
    this.#undo = new UndoManager(this.doc.getText('text'))
  }

  write(where: number): void {
    const text = this.doc.getText('text')
    text.insert(where % (text.length + 1), `<${this.#number}.${this.#words++}>`)
  }

  delete(where: number, length: number): void {
    const text = this.doc.getText('text')
    const from = where % (text.length + 1)
    text.delete(from, Math.min(length % 5, text.length - from))
  }

  undo(): void {
    this.#undo.undo()
  }

  enter(world: World): void {
    if (this.provider !== null) return
    const { doc, page, device } = this
    this.provider = world.open({
      doc,
      page,
      offline: device?.storeOf((tab) => (this.tab = tab)) ?? null,
    })
  }

  go(): void {
    this.provider?.close()
    this.provider = this.tab = null
  }

  /** What was not written is lost; a new document is read from the device the next time. */
  die(): void {
    const { device, tab, provider } = this
    if (device === null || provider === null) return
    if (tab !== null) device.crash(tab)
    this.kept = [...this.kept, ...device.of('notes').updates]
    this.unseen = []
    this.go()
    this.doc = this.#begin()
    this.#undo = new UndoManager(this.doc.getText('text'))
  }

  text(): string {
    return this.doc.getText('text').toJSON()
  }

  #begin(): Doc {
    const doc = new Doc()
    doc.clientID = this.#number * 1_000 + ++this.#lives
    doc.on('update', (update: Uint8Array, _: unknown, __: Doc, { local }: { local: boolean }) => {
      if (local && doc === this.doc) this.unseen.push(update)
    })
    return doc
  }
}

const live = async (all: readonly Happening[], devices: readonly (TestDevice | null)[]) => {
  const world = createWorld()
  const people = [1, 2, 3, 4].map((number) => new Person(number, devices[number % 2] ?? null))
  for (const person of people) person.enter(world)
  for (const one of all) {
    await happen(world, people, one)
    await Promise.resolve()
    for (const person of people) look(world, person)
    expect(world.network.held.length).toBeLessThanOrEqual(2)
  }
  for (const device of devices) device?.fail(null)
  for (const person of people) {
    person.enter(world)
    person.provider?.resume()
  }
  for (let i = 0; i < 8; i++) {
    await world.pass(20_000)
    await world.rest()
    for (const device of devices) device?.write()
    for (const person of people) look(world, person)
  }
  for (const { provider } of people)
    expect(provider?.state).toMatchObject({ kind: 'live', saved: true, storeProblem: null })
  expect(new Set(people.map((person) => person.text())).size).toBe(1)
  const durable = world.server.document('notes').durable()
  for (const { doc, unseen, kept } of people) {
    expect(unseen).toEqual([])
    expect(kept.filter((update) => isNews(durable, update))).toEqual([])
    expect(encodeStateVector(doc)).toEqual(encodeStateVector(durable))
  }
  for (const device of devices) {
    const read = new Doc()
    for (const update of device?.of('notes').updates ?? []) applyUpdate(read, update)
    expect(device?.of('notes').unsaved ?? []).toEqual([])
    expect(device === null ? '' : read.getText('text').toJSON()).toBe(
      device === null ? '' : durable.getText('text').toJSON(),
    )
  }
  expect(world.environment.reported).toEqual([])
  for (const person of people) person.go()
}

/** What is shown as saved has to be on disk. */
const look = ({ server }: World, person: Person): void => {
  if (person.provider?.state.saved !== true || person.unseen.length === 0) return
  const disk = server.document('notes').durable()
  expect(person.unseen.filter((update) => isNews(disk, update))).toEqual([])
  person.unseen = []
}

const happen = async (
  world: World,
  people: readonly Person[],
  [kind, a, b]: Happening,
): Promise<void> => {
  const { server, network, environment } = world
  const person = people[a % people.length]
  const line = network.held[b % Math.max(1, network.held.length)]
  if (person === undefined) return
  switch (kind) {
    case 'write':
      return person.write(b)
    case 'delete':
      return person.delete(b, a)
    case 'undo':
      return person.undo()
    case 'deliver up':
      for (let i = 0; i <= a % 4; i++) line?.deliverUp()
      return
    case 'deliver down':
      for (let i = 0; i <= a % 4; i++) line?.deliverDown()
      return
    case 'settle':
      return network.settle()
    case 'commit':
      return server.commit()
    case 'tell positions':
      return server.tellPositions()
    case 'time':
      return environment.pass(a % 2 === 0 ? b % 30 : b * 20)
    case 'cut':
      return line?.cut()
    case 'crash':
      server.crash()
      return network.cutAll()
    case 'fold':
      return server.fold()
    case 'wake':
      return environment.wake()
    case 'pause':
      return person.provider?.pause()
    case 'resume':
      return person.provider?.resume()
    case 'come again':
      return person.enter(world)
    case 'go':
      return person.go()
    case 'device writes':
      return person.device?.write()
    case 'tab dies':
      line?.cut()
      return person.die()
    case 'device fails':
      return person.device?.fail({ kind: 'unavailable', message: 'not now' })
    case 'device works':
      return person.device?.fail(null)
    case 'device forgets':
      for (const other of people) if (other.device === person.device) other.kept = []
      return person.device?.forget()
  }
}

it('whatever happens, saved is on disk, nothing is lost, and all are equal in the end', async () => {
  await fc.assert(
    fc.asyncProperty(weather, (all) => live(all, [])),
    { numRuns: RUNS },
  )
})

it('also where one of the browsers keeps documents, and with both', async () => {
  await fc.assert(
    fc.asyncProperty(weather, fc.boolean(), (all, both) =>
      live(all, [new TestDevice(), both ? new TestDevice() : null]),
    ),
    { numRuns: RUNS },
  )
})
