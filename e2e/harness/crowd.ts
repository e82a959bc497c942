/*
 * Many people who type in one document, each over a bare connection. They keep no document, only what
 * was said and who has heard it, so that a hundred of them fit into one test.
 */
import { IdSet, readUpdate } from '@quire/shared'
import { Doc } from 'yjs'
import { readSyncFrame, stepOneFrame, types, updateFrame } from './frames.ts'
import { between, type Random } from './random.ts'
import { openRaw, type Closed, type RawClient } from './raw-client.ts'
import { until } from './until.ts'

/** People at work. */
export interface Crowd {
  /** Everybody types so many letters, each after a pause; resolves when all are sent. */
  type(letters: number): Promise<void>
  /** Waits until everybody has heard what everybody has typed so far. */
  heardAll(withinMs?: number): Promise<void>
  /** How connections of theirs ended: there should be none. */
  ended(): readonly Closed[]
  close(): void
}

/** How a crowd works. */
export interface CrowdOptions {
  readonly people: number
  readonly random: Random
  /** Longest pause between two letters of one person. */
  readonly pauseMs: number
}

interface Person {
  readonly client: RawClient
  readonly doc: Doc
  readonly heard: IdSet
}

const EMPTY_STATE_VECTOR = Uint8Array.of(0)

/** Opens the connections and waits until each has been answered. */
export const startCrowd = async (url: string, options: CrowdOptions): Promise<Crowd> => {
  const { people, random, pauseMs } = options
  const said = new IdSet()
  const crowd = await Promise.all(Array.from({ length: people }, () => openPerson(url, said)))

  const typeOne = async ({ doc }: Person, letters: number): Promise<void> => {
    for (let i = 0; i < letters; i++) {
      await new Promise((resolve) => setTimeout(resolve, random() * pauseMs))
      doc.getText('text').insert(0, String.fromCharCode(between(random, 97, 122)))
    }
  }

  return {
    type: async (letters) => {
      await Promise.all(crowd.map((person) => typeOne(person, letters)))
    },
    heardAll: (withinMs) =>
      until(
        'everybody has heard everybody',
        () => crowd.every(({ heard }) => heard.hasAll(said)),
        withinMs,
      ),
    ended: () => crowd.flatMap(({ client }) => (client.closed === null ? [] : [client.closed])),
    close() {
      for (const { client, doc } of crowd) {
        client.socket.terminate()
        doc.destroy()
      }
    },
  }
}

const openPerson = async (url: string, said: IdSet): Promise<Person> => {
  const client = await openRaw(url)
  const person: Person = { client, doc: new Doc(), heard: new IdSet() }
  let isAnswered = false
  client.socket.on('message', (frame: Buffer) => {
    if (frame[0] !== types.sync) return
    const sync = readSyncFrame(frame)
    if (sync === null || sync.kind === 'step-1') return
    if (sync.kind === 'step-2') isAnswered = true
    learn(person.heard, sync.bytes)
  })
  person.doc.on('update', (update: Uint8Array) => {
    learn(said, update)
    learn(person.heard, update)
    client.socket.send(updateFrame(update))
  })
  client.socket.send(stepOneFrame(EMPTY_STATE_VECTOR))
  await until('the server has answered', () => isAnswered)
  return person
}

const learn = (known: IdSet, update: Uint8Array): void => {
  const contents = readUpdate(update)
  if (!contents.ok) throw new Error(`not an update: ${contents.error.message}`)
  known.addAll(contents.value.structs)
}
