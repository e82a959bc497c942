/*
 * A day of one Quire, with everything that an operator has: it is started as systemd starts it, on what the version
 * before has left; some hundreds of people write; it is backed up under them; its disk fills up; it is killed; it is
 * drained, backed up and restored elsewhere. At the end nothing is missing that anybody was told is on disk, whoever is
 * told of documents knows the newest of each, and figures and log tell what happened.
 *
 * E2E_PEOPLE: how many, 500 without it; up to 1,200 are under the bound of handshakes of one address. E2E_SEED repeats
 * whose deliveries fail, and who types what.
 */
import { expect, it } from 'vitest'
import { PREVIOUS_SCHEMA } from '../../server/src/storage/sqlite/testing/earlier-schema.ts'
import { runSeed } from '../harness/random.ts'
import { SECRET, withoutDoubles } from '../webhooks/target.ts'
import { openDay, WITHIN_MS, type Day } from './day.ts'
import { readLog, toldInOrder } from './log-lines.ts'
import { backUpUnderLoad, end, fillDisk, kill, lookAtBackup, restoreElsewhere } from './phases.ts'
import { JWT_SECRET, schemaOfCopy } from './setting.ts'
import { tableOf } from './table.ts'
import { p99 } from './watch.ts'

const seed = runSeed()
const people = Number(process.env['E2E_PEOPLE'] ?? 500)

const CHANGED = 'document.changed'

const STORY = [
  'migrating',
  'migrated',
  'listening',
  'append-failed',
  'append-recovered',
  'listening',
  'draining',
  'drained',
]

/** What no line of the log of such a day may say. */
const ILL = new Set(['bug', 'corrupt-update', 'quarantined', 'webhook-dead', 'webhook-dropped'])

/** Each event was told, and under one id, and the newest of each document is known. */
const expectAllTold = (
  { documents, receiver, yesterday }: Day,
  heads: ReadonlyMap<string, number>,
  versions: readonly string[],
): void => {
  const events = withoutDoubles(receiver.told).map(({ type, data }) => {
    const { document, sequence, version } = data
    return { type, event: `${document} ${version?.id ?? (type === CHANGED ? sequence : '')}` }
  })
  expect(new Set(events.map(({ type, event }) => type + event)).size).toBe(events.length)
  const eventsOf = (wanted: string): readonly string[] =>
    events.flatMap(({ type, event }) => (type === wanted ? [event.trimEnd()] : [])).toSorted()
  const created = documents.filter((name) => !(name in yesterday))
  expect(eventsOf('document.created')).toEqual(created.toSorted())
  expect(eventsOf('version.created')).toEqual(expect.arrayContaining([...versions]))
  const changed = receiver.changed()
  expect(documents.filter((name) => changed.get(name) !== heads.get(name))).toEqual([])
  expect(receiver.troubles.refused + receiver.troubles.unanswered).toBeGreaterThan(0)
}

/** Of what happened, that which scrapes alone show: who was there, two lives and none between, failed deliveries. */
const expectGraphs = ({ watch }: Day): void => {
  expect(new Set(watch.samples.map(({ life }) => life)).size).toBe(2)
  expect(watch.gaps).toBeGreaterThan(0)
  expect(watch.highest('quire_sessions', { family: 'y-websocket' })).toBe(people)
  expect(watch.highest('quire_webhooks_total', { outcome: 'failed' })).toBeGreaterThan(0)
  expect(watch.highest('quire_bugs_total')).toBe(0)
}

/** The log tells it in order, and no secret, no token and nothing of what is written. */
const expectLog = ({ operator, places, server, yesterday }: Day): void => {
  const log = server.log()
  const lines = readLog(log)
  expect(toldInOrder(lines, STORY)).toEqual(STORY)
  expect(lines.filter(({ kind }) => ILL.has(kind))).toEqual([])
  const secrets = [JWT_SECRET, SECRET, operator, ...places.map(({ token }) => token)]
  const untold = [...secrets, ...Object.values(yesterday)]
  expect(untold.filter((text) => log.includes(text))).toEqual([])
}

it(
  `a day of ${people} people, E2E_SEED=${seed}`,
  async () => {
    const startedAt = performance.now()
    const day = await openDay(people, seed)
    expect(await schemaOfCopy(day.disk)).toBe(PREVIOUS_SCHEMA)
    const morning = await backUpUnderLoad(day)
    const noon = await fillDisk(day, morning.figures)
    const afternoon = await kill(day)
    const evening = await end(day)
    const elsewhere = await restoreElsewhere(day, evening.heads)
    await lookAtBackup(day, morning.backup.report, morning.heads)
    expect(elsewhere.backup.report.newBytes).toBeLessThan(morning.backup.report.newBytes / 2)
    expectAllTold(day, evening.heads, elsewhere.versions)
    expectGraphs(day)
    expectLog(day)

    const { receiver, watch } = day
    const told = withoutDoubles(receiver.told).length
    const { worked } = evening
    process.stdout.write(
      tableOf({
        people,
        documents: day.documents.length,
        'updates acknowledged': worked.acknowledged,
        'bytes of them': worked.bytes,
        'first backup, s': morning.backup.seconds,
        'first backup, bytes on disk': morning.backup.report.newBytes,
        'second backup, s': elsewhere.backup.seconds,
        'second backup, new bytes on disk': elsewhere.backup.report.newBytes,
        'unsaved on a full disk, bytes at most': watch.highest('quire_unsaved_bytes'),
        'all saved after the disk was emptied, s': noon.seconds,
        'listening again after the kill, s': afternoon.startSeconds,
        'everybody back and all acknowledged, s': afternoon.comeBackSeconds,
        'drain, s': evening.drainSeconds,
        'restore, s': elsewhere.restoreSeconds,
        'verify, s': elsewhere.verifySeconds,
        'webhooks told': told,
        'webhooks dropped as doubles': receiver.told.length - told,
        'webhooks refused at first': receiver.troubles.refused,
        'p99 of ack in the morning, s at most': p99(morning.figures, 'quire_ack_seconds'),
        'p99 of ack from the restart on, s at most': p99(evening.figures, 'quire_ack_seconds'),
        scrapes: watch.samples.length,
        'the whole day, s': (performance.now() - startedAt) / 1000,
      }),
    )
  },
  5 * WITHIN_MS,
)
