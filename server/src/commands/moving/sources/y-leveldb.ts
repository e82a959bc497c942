/*
 * y-leveldb's database, where y-websocket's server keeps its documents. It is read by y-leveldb itself, which is loaded
 * when it is asked for. LevelDB belongs to one process at a time: the server that has written it has to be stopped.
 */
import { once } from 'node:events'
import { LeftOut, messageOf, tooLarge, type Source, type SourceDocument } from '../source.ts'

/** The versions that this was made for. */
const PACKAGE = 'y-leveldb@0.1.2'

type Key = readonly (string | number)[]
interface Range {
  readonly gte: Key
  readonly lt: Key
  readonly keys: boolean
  readonly values: boolean
}

/** What of levelup is asked: https://github.com/Level/levelup. */
interface Level {
  createReadStream(range: Range): AsyncIterable<unknown>
  once(event: 'ready' | 'error', listener: (error?: Error) => void): unknown
  isOpen(): boolean
  close(): Promise<void>
}

interface Persistence {
  /** Gives a task the database. Nothing else of the class leaves what it reads as it was, or says what failed. */
  ['_transact']<T>(task: (db: Level) => Promise<T>): Promise<T>
}

interface YLeveldb {
  readonly LeveldbPersistence: new (
    location: string,
    options: { readonly levelOptions: { readonly createIfMissing: boolean } },
  ) => Persistence
}

const load = async (): Promise<YLeveldb> => {
  const name: string = 'y-leveldb'
  try {
    return (await import(name)) as YLeveldb // as its own types say, which are there only where it is
  } catch (cause) {
    throw new Error(
      `a y-leveldb database is read by y-leveldb, which cannot be loaded: npm install ${PACKAGE}`,
      { cause },
    )
  }
}

/** Where the names stand, and what follows behind them: y-leveldb's `getAllDocs`. */
const NAMES = { gte: ['v1_sv'], lt: ['v1_sw'], keys: true, values: false } as const
const LAST_CLOCK = 0xffffffff

/** y-websocket's server keeps a room under the path of its URL, as that was sent: `old%20notes`, and Quire under the name. */
const nameOf = (key: string): string => {
  try {
    return decodeURIComponent(key)
  } catch {
    return key // as another program has kept it
  }
}

const documentOf = (db: Level, name: string): SourceDocument => ({
  kind: 'document',
  name: nameOf(name),
  at: `document ${JSON.stringify(name)}`,
  bytes: null,
  async read(limit) {
    const key = (clock: number): Key => ['v1', name, 'update', clock]
    const range = { gte: key(0), lt: key(LAST_CLOCK), keys: false, values: true } as const
    const updates: Uint8Array[] = []
    let bytes = 0
    for await (const value of db.createReadStream(range)) {
      const update = new Uint8Array(value as Buffer) // as y-leveldb encodes values
      bytes += update.length
      if (bytes > limit) throw tooLarge(bytes, limit)
      updates.push(update)
    }
    if (updates.length === 0) throw new LeftOut('it has no updates')
    return { kind: 'updates', updates }
  },
})

/** Opens a database that is there; throws where it cannot be read. */
export const openYLeveldb = async (folder: string): Promise<Source> => {
  const { LeveldbPersistence } = await load()
  const persistence = new LeveldbPersistence(folder, { levelOptions: { createIfMissing: false } })
  // before it has opened: an error that nobody hears would end the process
  const { db } = await persistence['_transact'](async (opening) => ({ db: opening }))
  try {
    if (!db.isOpen()) await once(db as never, 'ready') // it rejects with what `error` brings
  } catch (cause) {
    const told = messageOf(cause)
    const hint = /lock/i.test(told) ? ': stop the server that uses it' : ''
    throw new Error(`the y-leveldb database ${folder} cannot be opened${hint} (${told})`, { cause })
  }
  return {
    total: null,
    async *documents() {
      for await (const key of db.createReadStream(NAMES))
        yield documentOf(db, String((key as Key)[1]))
    },
    close: () => db.close(),
  }
}
