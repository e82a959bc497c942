/* The morning of a day: everything is started, and everybody comes. */
import { connect, type Connected } from '@quire/provider'
import { createApiClient, type ApiClient } from '@quire/server/client'
import { onTestFinished } from 'vitest'
import { Doc } from 'yjs'
import { diskDuringTest, serverDuringTest } from '../harness/during-test.ts'
import type { PrivateDisk } from '../harness/private-disk.ts'
import { randomFrom } from '../harness/random.ts'
import type { ServerProcess } from '../harness/server-process.ts'
import { startLine, unitEnvironment } from '../harness/unit-file.ts'
import { until } from '../harness/until.ts'
import { SECRET } from '../webhooks/target.ts'
import { peopleDuringTest, type People } from './people.ts'
import type { Place } from './person.ts'
import { receiverDuringTest, type Receiver } from './receiver.ts'
import {
  directoryDuringTest,
  documentsOf,
  JWT_SECRET,
  placesOf,
  reportOf,
  tokenFor,
  writeYesterday,
  yesterdayOf,
} from './setting.ts'
import { watchDuringTest, type Watch } from './watch.ts'

/** The longest that anything may take. */
export const WITHIN_MS = 60_000

/** Room for what is written and what a migration copies; little enough to be filled in a moment. */
const DISK_MEGABYTES = 64

/** People of Quire's own client, who are shown whether their work is saved. */
const WATCHFUL = 5

/** The processes that the others are in. */
const CROWD_PROCESSES = 2

/** What systemd gives a server whose operator asked for tokens, and for webhooks to a target. */
export const environment = (target: Receiver): Readonly<Record<string, string>> => {
  return {
    ...unitEnvironment(),
    QUIRE_AUTH: 'jwt',
    QUIRE_JWT_SECRET: JWT_SECRET,
    QUIRE_WEBHOOK_URLS: target.url,
    QUIRE_WEBHOOK_SECRET: SECRET,
    QUIRE_WEBHOOK_ALLOW_PRIVATE: 'on',
    QUIRE_WEBHOOK_DEBOUNCE_MS: '500',
    QUIRE_WEBHOOK_MAX_WAIT_MS: '3000',
  }
}

/** A day. */
export interface Day {
  readonly people: number
  /** The documents that people write in. */
  readonly documents: readonly string[]
  readonly yesterday: Readonly<Record<string, string>>
  readonly places: readonly Place[]
  readonly disk: PrivateDisk
  readonly server: ServerProcess
  readonly receiver: Receiver
  readonly backups: string
  /** The token of who runs it. */
  readonly operator: string
  readonly api: ApiClient
  readonly watch: Watch
  readonly crowd: People
  readonly watchful: readonly Connected[]
  /** The newest update of each document, of those from before too. */
  heads(): Promise<ReadonlyMap<string, number>>
  /** Waits until everybody together has typed so much. */
  typedBy(count: number): Promise<void>
}

/** Starts a server on what the version before has left, and lets so many people come. */
export const openDay = async (people: number, seed: number): Promise<Day> => {
  const documents = documentsOf(people)
  const yesterday = yesterdayOf(documents)
  const places = await placesOf(people, documents)
  const receiver = await receiverDuringTest(SECRET, randomFrom(seed))
  const disk = await diskDuringTest({ megabytes: DISK_MEGABYTES })
  await writeYesterday(disk, yesterday)
  const server = await serverDuringTest({
    dataDir: disk.path,
    launcher: disk.launcher,
    command: startLine(),
    env: environment(receiver),
  })
  const made = await reportOf<{ token: string }>(
    ['token', '--sub', 'operator', '--operations', 'write', '--doc', '*=read'],
    { env: { QUIRE_JWT_SECRET: JWT_SECRET } },
  )
  const operator = made.report.token
  const api = createApiClient({ url: server.url, token: operator })
  const watch = watchDuringTest(server, operator)
  const setting = { places, seed, yesterday, withinMs: WITHIN_MS }
  const crowd = await peopleDuringTest(setting, CROWD_PROCESSES)
  await crowd.connect(server)
  const watchful = await Promise.all(
    documents
      .slice(0, WATCHFUL)
      .map((document, i) => openWatchful(server, document, `watchful ${i}`)),
  )
  return {
    people,
    documents,
    yesterday,
    places,
    disk,
    server,
    receiver,
    backups: await directoryDuringTest(),
    operator,
    api,
    watch,
    crowd,
    watchful,
    async heads() {
      const found = new Map<string, number>()
      for await (const { name, sequence } of api.listAll()) found.set(name, sequence)
      return found
    },
    typedBy: (count) =>
      until(
        `${count} updates are typed`,
        async () => (await crowd.figures()).typed >= count,
        WITHIN_MS,
      ),
  }
}

/** Opens a document with Quire's own client, until the test is over, and waits until all of it is there. */
export const openWatchful = async (
  { url }: Pick<ServerProcess, 'url'>,
  document: string,
  user: string,
): Promise<Connected> => {
  const token = await tokenFor(document, user)
  const opened = connect({ url, document, doc: new Doc(), token: () => token, presence: false })
  onTestFinished(() => opened.close())
  await until(`${document} is live`, () => opened.state.kind === 'live', WITHIN_MS)
  return opened
}
