/*
 * kill -9 of the real server between commits and deliveries. Whoever drops doubles by their ids hears of each document
 * that it was made exactly once, of each change at least with the one that told it last, and of nothing else. E2E_SEED
 * repeats a run, E2E_ROUNDS makes it longer.
 */
import { createApiClient, type ApiDocument } from '@quire/server/client'
import { expect, it } from 'vitest'
import { serverDuringTest } from '../harness/during-test.ts'
import { between, randomFrom, runSeed } from '../harness/random.ts'
import { until } from '../harness/until.ts'
import { SECRET, targetDuringTest, withoutDoubles } from './target.ts'

const seed = runSeed()
const rounds = Number(process.env['E2E_ROUNDS'] ?? 5)

it(
  `each event arrives, and once by its id, however often the server dies: ${rounds} rounds, E2E_SEED=${seed}`,
  async () => {
    const random = randomFrom(seed)
    const target = await targetDuringTest(20)
    const server = await serverDuringTest({
      env: {
        QUIRE_WEBHOOK_URLS: target.url,
        QUIRE_WEBHOOK_SECRET: SECRET,
        QUIRE_WEBHOOK_ALLOW_PRIVATE: 'on',
        QUIRE_WEBHOOK_DEBOUNCE_MS: '100',
        QUIRE_WEBHOOK_MAX_WAIT_MS: '300',
        QUIRE_WEBHOOK_EVENTS: 'document.created,document.changed,document.deleted',
      },
    })
    let made = 0
    const work = async (count: number): Promise<void> => {
      const api = createApiClient({ url: server.url })
      for (let i = 0; i < count; i++) {
        const name = `document ${++made}`
        await api.create(name, { content: { format: 'text', value: name } })
        const document = api.document(name)
        if (made % 2 === 0) await document.append('text', 'more', { author: 'ann' })
        if (made % 5 === 0) await document.delete()
      }
    }
    for (let round = 1; round <= rounds; round++) {
      const working = work(1_000).catch(() => undefined) // until the server dies under it
      const enough = made + between(random, 3, 20)
      await until(`${enough} documents are made`, () => made >= enough)
      await server.end('SIGKILL')
      await working
      await server.restart()
    }
    await work(5)

    const api = createApiClient({ url: server.url })
    const all: ApiDocument[] = []
    for (const deleted of [false, true])
      for await (const one of api.listAll({ deleted })) all.push(one)
    expect(all.length).toBeGreaterThanOrEqual(made - rounds)
    const wanted: string[] = []
    for (const { id, sequence, deletedAt } of all) {
      wanted.push(`document.created ${id}`)
      if (sequence > 1) wanted.push(`document.changed ${id} to ${sequence}`)
      if (deletedAt !== null) wanted.push(`document.deleted ${id}`)
    }
    const heard = () =>
      withoutDoubles(target.told).map(({ type, data }) =>
        type === 'document.changed'
          ? `${type} ${data.id} to ${data.sequence}`
          : `${type} ${data.id}`,
      )
    await until('all is told', () => {
      const known = new Set(heard())
      return wanted.every((one) => known.has(one))
    })
    // nothing is told twice under two ids, and nothing that has not happened
    expect(heard().toSorted()).toEqual(wanted.toSorted())
    await until('nothing waits any more', async () =>
      (await api.webhooks()).every(({ waiting, dead }) => waiting + dead === 0),
    )
  },
  rounds * 20_000,
)
