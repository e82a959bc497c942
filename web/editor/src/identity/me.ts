import { isRecord, ownField } from '../json.ts'
import { pick } from '../names/random-name.ts'
import type { Random } from '../names/random-name.ts'
import { readJson } from '../storage.ts'
import type { TextStorage } from '../storage.ts'
import { createStore } from '../store.ts'
import type { Readable } from '../store.ts'
import { parseColour, personColours } from './colour.ts'
import { parsePersonName } from './person.ts'
import type { Person } from './person.ts'

/** Who this browser's user is: `suggested` until they chose a name or skipped the question. */
export type Me = { kind: 'suggested'; person: Person } | { kind: 'chosen'; person: Person }

/** The user of this browser, kept in storage. */
export interface MyIdentity extends Readable<Me> {
  /** Takes a name and colour for good, and stores them. */
  choose: (person: Person) => void
}

const storageKey = 'quire:me'
const qualities = 'Amber Brave Calm Clever Coral Golden Happy Jade Kind Lively Quiet Swift'.split(
  ' ',
)
const animals = 'Badger Crane Dolphin Falcon Fox Heron Lynx Otter Panda Robin Seal Wren'.split(' ')

/** Reads the stored identity, or suggests a friendly one. */
export function createMyIdentity(storage: TextStorage, random: Random): MyIdentity {
  const store = createStore<Me>(
    storedMe(storage) ?? { kind: 'suggested', person: suggestPerson(random) },
  )
  return {
    ...store,
    choose: (person) => {
      store.set({ kind: 'chosen', person })
      storage.setItem(storageKey, JSON.stringify(person))
    },
  }
}

function storedMe(storage: TextStorage): Me | null {
  const stored = readJson(storage, storageKey)
  if (!isRecord(stored)) return null
  const name = parsePersonName(ownField(stored, 'name'))
  const colour = parseColour(ownField(stored, 'colour'))
  return name === null || colour === null ? null : { kind: 'chosen', person: { name, colour } }
}

function suggestPerson(random: Random): Person {
  const name = `${pick(qualities, random)} ${pick(animals, random)}`
  return { name, colour: pick(personColours, random) }
}
