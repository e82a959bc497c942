/*
 * Two people in each of two pages, a network that cuts, a server that dies with what is not on its disk: whatever
 * happens in whichever order, what was shown as saved is on disk, nothing is lost, and all are equal in the end.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { applyUpdate, Doc, encodeStateAsUpdate, encodeStateVector, UndoManager } from 'yjs'
import type { Provider } from './provider.ts'
import { createWorld, type World } from './testing/test-clients.ts'
import { isNews } from './testing/test-document.ts'

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
] as const
type Happening = readonly [(typeof happenings)[number], number, number]
const weather = fc.array(
  fc.tuple(fc.constantFrom(...happenings), fc.nat({ max: 1_000 }), fc.nat({ max: 1_000 })),
  { minLength: 10, maxLength: 120 },
)

/** Somebody with a document, and what it has changed since it was saved last. */
class Person {
  readonly doc = new Doc()
  readonly #undo = new UndoManager(this.doc.getText('text'))
  readonly #name: string
  #words = 0
  /** What was changed here and was not seen as saved. */
  unseen: Uint8Array[] = []
  provider: Provider | null = null

  constructor(name: string, clientID: number) {
    this.#name = name
    this.doc.clientID = clientID
    this.doc.on(
      'update',
      (update: Uint8Array, _: unknown, __: Doc, { local }: { local: boolean }) => {
        if (local) this.unseen.push(update)
      },
    )
  }

  write(where: number): void {
    const text = this.doc.getText('text')
    text.insert(where % (text.length + 1), `<${this.#name}${this.#words++}>`)
  }

  delete(where: number, length: number): void {
    const text = this.doc.getText('text')
    const from = where % (text.length + 1)
    text.delete(from, Math.min(length % 5, text.length - from))
  }

  undo(): void {
    this.#undo.undo()
  }

  text(): string {
    return this.doc.getText('text').toJSON()
  }
}

const live = async (all: readonly Happening[]): Promise<void> => {
  const world = createWorld()
  const people = [0, 1, 2, 3].map((i) => new Person('abcd'[i] ?? 'x', i + 1))
  const enter = (person: Person): void => {
    const page = `page ${person.doc.clientID % 2}`
    person.provider ??= world.open({ doc: person.doc, page })
  }
  for (const person of people) enter(person)
  for (const [kind, a, b] of all) {
    await happen({ world, people, enter }, [kind, a, b])
    await Promise.resolve()
    for (const person of people) look(world, person)
    expect(world.network.held.length).toBeLessThanOrEqual(2)
  }
  for (const person of people) {
    enter(person)
    person.provider?.resume()
  }
  for (let i = 0; i < 8; i++) {
    await world.pass(20_000)
    await world.rest()
    for (const person of people) look(world, person)
  }
  for (const { provider } of people)
    expect(provider?.state).toMatchObject({ kind: 'live', saved: true })
  expect(new Set(people.map((person) => person.text())).size).toBe(1)
  const durable = world.server.document('notes').durable()
  for (const { doc, unseen } of people) {
    expect(unseen).toEqual([])
    expect(encodeStateVector(doc)).toEqual(encodeStateVector(durable))
  }
  expect(world.environment.reported).toEqual([])
  for (const { provider } of people) provider?.close()
}

/** What is shown as saved has to be on disk. */
const look = ({ server }: World, person: Person): void => {
  if (person.provider?.state.saved !== true || person.unseen.length === 0) return
  const disk = server.document('notes').durable()
  const ground = new Doc()
  applyUpdate(ground, encodeStateAsUpdate(disk))
  for (const update of person.unseen) expect(isNews(ground, update)).toBe(false)
  person.unseen = []
}

interface Scene {
  readonly world: World
  readonly people: readonly Person[]
  readonly enter: (person: Person) => void
}

const happen = async ({ world, people, enter }: Scene, [kind, a, b]: Happening): Promise<void> => {
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
      return enter(person)
    case 'go':
      person.provider?.close()
      person.provider = null
  }
}

it('whatever happens, saved is on disk, nothing is lost, and all are equal in the end', async () => {
  await fc.assert(fc.asyncProperty(weather, live), { numRuns: RUNS })
})
