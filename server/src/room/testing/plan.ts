/* What may happen in a world, as values that fast-check makes and shrinks, and the calm after it. */
import fc from 'fast-check'
import * as Y from 'yjs'
import type { Access } from '../../ports/auth.ts'
import type { RoomLimits } from '../limits.ts'
import { families, type ClientOptions } from './families.ts'
import type { TextEdit } from './model-client.ts'
import { check } from './model-shell.ts'
import { World, type WorldOptions } from './world.ts'

/** One thing that happens. Numbers choose among what is there. */
export type Happening =
  /** A client that is slow to find its login says something before it asks. */
  | { readonly kind: 'connect' | 'open' | 'drop' | 'reload'; readonly client: number }
  | { readonly kind: 'regrant'; readonly client: number; readonly access: Access }
  | { readonly kind: 'edit'; readonly client: number; readonly edit: TextEdit }
  | { readonly kind: 'show'; readonly client: number; readonly state: string | null }
  | { readonly kind: 'ask'; readonly client: number }
  | { readonly kind: 'up'; readonly line: number; readonly messages: number }
  | { readonly kind: 'down' | 'leave' | 'congest' | 'drained' | 'unread'; readonly line: number }
  | { readonly kind: 'work'; readonly index: number; readonly fails: boolean }
  | { readonly kind: 'foreign'; readonly edit: TextEdit }
  | { readonly kind: 'hint'; readonly isLost: boolean }
  | { readonly kind: 'tick'; readonly ms: number }
  | { readonly kind: 'all-leave' | 'drain' | 'kill' | 'deliver' }

/** A world and what happens in it. */
export interface Plan {
  readonly options: WorldOptions
  /** Whether everybody is there, and at rest, before anything happens. */
  readonly isWarm: boolean
  readonly happenings: readonly Happening[]
}

/** Bounds so small that a plan meets each of them. */
export const tightLimits: RoomLimits = {
  loadQueueBytes: 1_500,
  loadMs: 15_000,
  coolDownMs: 2_000,
  unsavedBytes: 1_200,
  sessionsPerDocument: 4,
  presenceEntries: 8,
  presenceTotalBytes: 10_000,
  presenceIdsPerSession: 2,
  presenceTtlMs: 30_000,
  compactUpdates: 6,
  compactBytes: 400,
  compactIdleUpdates: 3,
  compactIdleBytes: 1_000,
  compactQuietMs: 2_000,
}

const index = fc.nat({ max: 5 })
const edits: fc.Arbitrary<TextEdit> = fc.record({
  at: fc.nat({ max: 20 }),
  text: fc.constantFrom('', 'a', 'bc', 'typed'),
  cut: fc.integer({ min: 1, max: 4 }),
})

const just = <K extends Happening['kind']>(kind: K) => ({ kind: fc.constant(kind) })

const clients = (weight: number, kind: 'connect' | 'open' | 'drop' | 'ask' | 'reload') => ({
  weight,
  arbitrary: fc.record({ ...just(kind), client: index }),
})

/** One happening; the usual ones are frequent. */
export const happenings: fc.Arbitrary<Happening> = fc.oneof(
  clients(15, 'connect'),
  clients(3, 'open'),
  clients(5, 'drop'),
  clients(1, 'reload'),
  clients(3, 'ask'),
  {
    weight: 4,
    arbitrary: fc.record({
      ...just('regrant'),
      client: index,
      access: fc.constantFrom<Access>('write', 'write', 'read'),
    }),
  },
  { weight: 24, arbitrary: fc.record({ ...just('edit'), client: index, edit: edits }) },
  {
    weight: 8,
    arbitrary: fc.record({
      ...just('show'),
      client: index,
      state: fc.constantFrom('{"at":1}', '{"at":2}', null),
    }),
  },
  {
    weight: 30,
    arbitrary: fc.record({ ...just('up'), line: index, messages: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 18, arbitrary: fc.record({ ...just('down'), line: index }) },
  { weight: 8, arbitrary: fc.record({ ...just('leave'), line: index }) },
  { weight: 5, arbitrary: fc.record({ ...just('congest'), line: index }) },
  { weight: 8, arbitrary: fc.record({ ...just('drained'), line: index }) },
  { weight: 4, arbitrary: fc.record({ ...just('unread'), line: index }) },
  {
    weight: 24,
    arbitrary: fc.record({
      ...just('work'),
      index,
      fails: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 4, arbitrary: fc.record({ ...just('foreign'), edit: edits }) },
  { weight: 4, arbitrary: fc.record({ ...just('hint'), isLost: fc.boolean() }) },
  {
    weight: 8,
    // a wall clock may also be set back
    arbitrary: fc.record({
      ...just('tick'),
      ms: fc.constantFrom(100, 500, 500, 6_000, 31_000, -3_600_000),
    }),
  },
  { weight: 10, arbitrary: fc.record(just('deliver')) },
  { weight: 4, arbitrary: fc.record(just('all-leave')) },
  { weight: 1, arbitrary: fc.record(just('drain')) },
  { weight: 1, arbitrary: fc.record(just('kill')) },
)

const clientOf = (...accesses: readonly Access[]): fc.Arbitrary<ClientOptions> =>
  fc.record({ family: fc.constantFrom(...families), access: fc.constantFrom(...accesses) })

const others = fc.array(clientOf('write', 'write', 'read'), { minLength: 1, maxLength: 2 })

/** Plans of two or three clients. */
export const plans: fc.Arbitrary<Plan> = fc.record({
  options: fc.record({
    limits: fc.constant(tightLimits),
    durability: fc.constantFrom('ack', 'relay'),
    clients: fc.tuple(clientOf('write'), others).map(([one, more]) => [one].concat(more)),
  }),
  isWarm: fc.boolean(),
  happenings: fc.array(happenings, { maxLength: 60, size: 'max' }),
})

/** Makes a world and lets everything in the plan happen to it. */
export const run = ({ options, isWarm, happenings }: Plan): World => {
  const world = new World(options)
  if (isWarm) {
    for (const client of world.clients) world.connect(client)
    world.deliver()
  }
  for (const happening of happenings) {
    happen(world, happening)
    for (const client of world.clients) world.checkSaved(client)
  }
  return world
}

const happen = (world: World, happening: Happening): void => {
  const client =
    'client' in happening ? world.clients[happening.client % world.clients.length] : undefined
  switch (happening.kind) {
    case 'connect':
      return client && world.connect(client)
    case 'open':
      if (client === undefined) return
      return client.asking === 'in-return' ? world.open(client) : world.connect(client)
    case 'drop':
      return client && world.drop(client)
    case 'reload':
      return client && world.reload(client)
    case 'regrant':
      return client && world.regrant(client, happening.access)
    case 'edit':
      return client?.edit(happening.edit)
    case 'show':
      return client?.show(happening.state)
    case 'ask':
      return client && world.ask(client)
    case 'up':
      return world.up(happening.line, happening.messages)
    case 'down':
      return world.down(happening.line)
    case 'congest':
      return world.congest(happening.line)
    case 'drained':
      return void world.drained(happening.line)
    case 'unread':
      return world.unread(happening.line)
    case 'leave':
      return world.leave(happening.line)
    case 'work':
      return world.work(happening.index, happening.fails)
    case 'foreign':
      return world.foreignEdit(happening.edit)
    case 'hint':
      return world.hint(happening.isLost)
    case 'tick':
      return world.tick(happening.ms)
    case 'all-leave':
      return world.leaveAll()
    case 'drain':
      return world.drain()
    case 'kill':
      return world.kill()
    case 'deliver':
      return world.deliver()
  }
}

/**
 * Fair weather, until nothing changes any more: everybody comes back, everything arrives, and more than a
 * renewal of presence passes. Readers who edited load their page anew: their edits were denied.
 */
export const calm = (world: World): void => {
  for (const client of world.clients) if (client.access === 'read') world.reload(client)
  for (let i = 0; i < 7; i++) {
    for (const client of world.clients) world.connect(client)
    world.deliver()
    world.tick(5_000)
  }
  // a hint that was lost is only noticed with the next one
  world.foreignEdit({ at: 0, text: 'z', cut: 1 })
  for (let i = 0; i < 2; i++) {
    world.deliver()
    world.tick(5_000)
  }
}

/** All clients are attached and equal each other and the log; everybody sees everybody. */
export const checkConverged = (world: World): void => {
  const stored = new Y.Doc()
  const { snapshot, tail } = world.storage.read()
  for (const update of snapshot === null ? tail : [snapshot, ...tail]) Y.applyUpdate(stored, update)
  // who may write no more, or whose page was loaded anew, had said what follows a change, and not yet the change
  const { pendingStructs } = stored.store
  const isHere = (id: number): boolean => world.clients.some((client) => client.id === id)
  const isOfGone = [...(pendingStructs?.missing.keys() ?? [])].every((id) => !isHere(id))
  const gaps = pendingStructs !== null && (world.hasLowered || isOfGone)
  const present = new Map(
    world.clients.flatMap((client) => [...client.present()].filter(([id]) => id === client.id)),
  )
  for (const { id, doc, isConnected } of world.clients) {
    check(isConnected, `client ${id} is attached`)
    const isWhole = doc.store.pendingStructs === null
    check(isWhole || gaps, `client ${id} lacks nothing that it has heard of`)
    const isEqual = Y.equalSnapshots(Y.snapshot(doc), Y.snapshot(stored))
    check(isEqual, `client ${id} equals the log`)
    check(textOf(doc) === textOf(stored), `client ${id} reads the log`)
  }
  checkSame(world.presentInRoom(), present, 'the room')
  for (const client of world.clients) checkSame(client.present(), present, `client ${client.id}`)
  world.checkAcknowledged()
  world.checkAuthors()
  for (const client of world.clients)
    check(client.isContent, `client ${client.id} waits for nothing that it might have`)
}

/** Who comes back with nothing new is shown that all is saved, whatever it was shown before. */
export const checkIndicators = (world: World): void => {
  world.leaveAll()
  for (const client of world.clients) world.connect(client)
  world.deliver()
  for (const client of world.clients) {
    check(client.showsSaved !== false, `client ${client.id} shows "saved"`)
  }
}

/** Everybody goes: the room ends, and nothing is left on its way. */
export const leaveAll = (world: World): void => {
  world.leaveAll()
  world.deliver()
  check(world.shell === null || world.shell.isOver, 'a room that everybody has left is evicted')
}

const textOf = (doc: Y.Doc): string => doc.getText('text').toJSON()

const checkSame = <K, V>(is: ReadonlyMap<K, V>, wanted: ReadonlyMap<K, V>, who: string): void => {
  const isSame =
    is.size === wanted.size && [...is].every(([key, value]) => wanted.get(key) === value)
  check(isSame, `${who} sees ${JSON.stringify([...wanted])}, not ${JSON.stringify([...is])}`)
}
