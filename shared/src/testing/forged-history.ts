/*
 * Histories that are right in form and as wrong in meaning as one writer can make them: items with any
 * origins, parents that are no types, keys in lists, formats in maps, unknown dependencies, gaps. No two
 * structs share an id, and what stands under a key has the length 1: PROTOCOL.md says why those two are
 * beyond a check of single updates.
 */
import fc from 'fast-check'
import * as encoding from 'lib0/encoding'

/** One struct; references are taken modulo what was written before it. */
export interface ForgedStruct {
  /** 0 GC, 1-9 item content, 10 Skip. */
  readonly kind: number
  readonly length: number
  readonly origin: Reference | null
  readonly rightOrigin: Reference | null
  readonly parent: Reference | string
  readonly key: string | null
  readonly variant: number
}

interface Reference {
  readonly client: number
  readonly tick: number
}

/** One update: structs per client (index 0 to 2), and what it deletes. */
export interface ForgedUpdate {
  readonly structs: readonly (readonly ForgedStruct[])[]
  readonly deletes: readonly (readonly [client: number, tick: number, length: number])[]
}

const CLIENTS = [3, 2, 1]

const references = fc.record({ client: fc.nat({ max: 2 }), tick: fc.nat({ max: 40 }) })
const structs: fc.Arbitrary<ForgedStruct> = fc.record({
  kind: fc.constantFrom(0, 1, 2, 3, 4, 4, 4, 5, 6, 6, 7, 7, 7, 8, 8, 9, 10),
  length: fc.integer({ min: 1, max: 3 }),
  origin: fc.option(references),
  rightOrigin: fc.option(references),
  parent: fc.oneof(fc.constantFrom('text', 'array', 'map', 'xml', '__proto__'), references),
  key: fc.option(fc.constantFrom('a', '', '__proto__')),
  variant: fc.nat({ max: 11 }),
})

/** Histories of one to five updates. */
export const forgedHistories: fc.Arbitrary<readonly ForgedUpdate[]> = fc.array(
  fc.record({
    structs: fc.array(fc.array(structs, { maxLength: 6, size: 'max' }), {
      minLength: 3,
      maxLength: 3,
    }),
    deletes: fc.array(
      fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 40 }), fc.integer({ min: 0, max: 5 })),
      { maxLength: 3 },
    ),
  }),
  { minLength: 1, maxLength: 5, size: 'max' },
)

/** The updates of a history as bytes. */
export const forgeHistory = (history: readonly ForgedUpdate[]): Uint8Array[] => {
  const clocks = [0, 0, 0]
  const keyed = new Set<string>()
  return history.map((update) => {
    const out = encoding.createEncoder()
    const blocks = update.structs.map((list, client) => {
      const start = clocks[client] ?? 0
      const written: Uint8Array[] = []
      for (const struct of list) {
        const clock = clocks[client] ?? 0
        if (struct.kind === 10 && written.length === 0) continue // readUpdate refuses a gap at the front
        const body = encoding.createEncoder()
        clocks[client] = clock + writeStruct(body, struct, { client, clock, clocks, keyed })
        written.push(encoding.toUint8Array(body))
      }
      return { client, start, written }
    })
    const filled = blocks.filter(({ written }) => written.length > 0)
    encoding.writeVarUint(out, filled.length)
    for (const { client, start, written } of filled) {
      encoding.writeVarUint(out, written.length)
      encoding.writeVarUint(out, CLIENTS[client] ?? 0)
      encoding.writeVarUint(out, start)
      for (const bytes of written) encoding.writeUint8Array(out, bytes)
    }
    writeDeletes(out, update.deletes)
    return encoding.toUint8Array(out)
  })
}

interface Place {
  readonly client: number
  readonly clock: number
  readonly clocks: readonly number[]
  /** Ids that stand under a key: what refers to one as a neighbour does as well. */
  readonly keyed: Set<string>
}

const writeStruct = (out: encoding.Encoder, struct: ForgedStruct, place: Place): number => {
  if (struct.kind === 0 || struct.kind === 10) {
    encoding.writeUint8(out, struct.kind)
    encoding.writeVarUint(out, struct.length)
    return struct.length
  }
  const origin = resolve(struct.origin, place)
  const rightOrigin = resolve(struct.rightOrigin, place)
  const parent = typeof struct.parent === 'string' ? null : resolve(struct.parent, place)
  const free = origin === null && rightOrigin === null
  const key = free ? struct.key : null
  // a neighbour that comes later may turn out to be keyed, so only what is surely free may be longer
  const mayBeLong = free ? key === null : isLoose(origin, place) && isLoose(rightOrigin, place)
  const length = mayBeLong ? struct.length : 1
  if (!mayBeLong) place.keyed.add(`${place.client}:${place.clock}`)
  const flags = (origin ? 0x80 : 0) | (rightOrigin ? 0x40 : 0) | (key === null ? 0 : 0x20)
  encoding.writeUint8(out, struct.kind | flags)
  if (origin !== null) writeId(out, origin)
  if (rightOrigin !== null) writeId(out, rightOrigin)
  if (free) {
    if (parent === null) {
      encoding.writeVarUint(out, 1)
      encoding.writeVarString(out, typeof struct.parent === 'string' ? struct.parent : 'text')
    } else {
      encoding.writeVarUint(out, 0)
      writeId(out, parent)
    }
    if (key !== null) encoding.writeVarString(out, key)
  }
  return writeContent(out, struct, length)
}

const isLoose = (id: Reference | null, { clocks, keyed }: Place): boolean =>
  id === null || (id.tick < (clocks[id.client] ?? 0) && !keyed.has(`${id.client}:${id.tick}`))

/** Fits a reference: any tick of another client, a few beyond its clock too; an earlier one of its own. */
const resolve = (id: Reference | null, { client, clock, clocks }: Place): Reference | null => {
  if (id === null) return null
  if (id.client === client) return clock === 0 ? null : { client, tick: id.tick % clock }
  return { client: id.client, tick: id.tick % ((clocks[id.client] ?? 0) + 3) }
}

const writeId = (out: encoding.Encoder, { client, tick }: Reference): void => {
  encoding.writeVarUint(out, CLIENTS[client] ?? 0)
  encoding.writeVarUint(out, tick)
}

const JSON_TEXTS = ['null', '{}', '"a"', '[1]', '1e400', '{"constructor":{}}']
const ANY_VALUES: readonly (() => unknown)[] = [
  () => 1,
  () => null,
  () => undefined,
  () => ({ a: [1] }),
  () => 5n,
  () => new Uint8Array(2),
]

const writeContent = (out: encoding.Encoder, struct: ForgedStruct, length: number): number => {
  const json = JSON_TEXTS[struct.variant % JSON_TEXTS.length] ?? 'null'
  const value = ANY_VALUES[struct.variant % ANY_VALUES.length]?.()
  switch (struct.kind) {
    case 1:
      encoding.writeVarUint(out, length)
      return length
    case 2:
      encoding.writeVarUint(out, length)
      for (let i = 0; i < length; i++) encoding.writeVarString(out, i === 1 ? 'undefined' : json)
      return length
    case 3:
      encoding.writeVarUint8Array(out, new Uint8Array(length))
      return 1
    case 4:
      encoding.writeVarString(out, 'a\u{1f600}'.slice(0, length === 2 ? 1 : length))
      return length === 2 ? 1 : length
    case 5:
      encoding.writeVarString(out, json)
      return 1
    case 6:
      encoding.writeVarString(out, struct.key ?? 'bold')
      encoding.writeVarString(out, json)
      return 1
    case 7: {
      const type = struct.variant % 7
      encoding.writeVarUint(out, type)
      if (type === 3 || type === 5) encoding.writeVarString(out, 'p')
      return 1
    }
    case 8:
      encoding.writeVarUint(out, length)
      for (let i = 0; i < length; i++) encoding.writeAny(out, value as encoding.AnyEncodable)
      return length
    default:
      encoding.writeVarString(out, 'guid')
      encoding.writeAny(out, { gc: struct.variant % 2 === 0, meta: value as encoding.AnyEncodable })
      return 1
  }
}

const writeDeletes = (out: encoding.Encoder, deletes: ForgedUpdate['deletes']): void => {
  const clients = [...new Set(deletes.map(([client]) => client))]
  encoding.writeVarUint(out, clients.length)
  for (const client of clients) {
    const ranges = deletes.filter(([owner]) => owner === client)
    encoding.writeVarUint(out, CLIENTS[client] ?? 0)
    encoding.writeVarUint(out, ranges.length)
    for (const [, tick, length] of ranges) {
      encoding.writeVarUint(out, tick)
      encoding.writeVarUint(out, length)
    }
  }
}
