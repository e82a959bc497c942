/* Everybody comes back at once after the server was gone. */
import { diffUpdate } from 'yjs'
import { textOf } from '../load/corpus.ts'
import { Member } from '../load/member.ts'
import { pause } from '../load/wait.ts'
import { quantileOf } from '../measure/histogram.ts'
import { cpuBetween, readCpu } from '../measure/usage.ts'
import type { Scenario } from './scenario.ts'
import { fillShelf } from './shelf.ts'

const PER_DOCUMENT = 10
/** Time for what the server does afterwards, such as writing to disk. */
const afterMs = (isQuick: boolean): number => (isQuick ? 300 : 3_000)

/** 1,000 clients on 100 documents. */
export const comeBack: Scenario = {
  name: 'come-back',
  about:
    '1,000 clients on 100 documents of 50 KB (100 on 10 in a quick run) lose their server, which is killed and started again; all come back at the moment when it listens, with the whole document, and answer what it asks them. The time until the last has been answered.',
  servers: ['quire', 'hocuspocus'],
  metrics: {
    all: {
      what: 'until all are synced',
      unit: 'ms',
      target: { kind: 'ratio-at-most', ratio: 0.25 },
      plotted: '1,000 come back: until all are synced',
    },
    p50: { what: 'until a client is synced, p50', unit: 'ms' },
    cpu: { what: 'server CPU of it', unit: 'ms' },
    growth: { what: 'growth on disk', unit: 'KB', target: { kind: 'at-most', most: 0 } },
  },
  plannedSeconds: (isQuick) => (2 * afterMs(isQuick)) / 1000,
  async run({ isQuick, start }) {
    const documents = isQuick ? 10 : 100
    const server = await start()
    const has = await fillShelf(server, documents)
    await server.restart()
    // what a client that has nothing new answers: its deletions
    const offers = diffUpdate(has.update, has.stateVector)
    const come = (): Member[] =>
      Array.from(
        { length: documents * PER_DOCUMENT },
        (_, i) => new Member(server, `shelf-${i % documents}`, { has, offers }),
      )
    const first = come()
    await Promise.all(first.map((member) => member.joined))
    await pause(afterMs(isQuick))
    await server.end('SIGKILL')
    const diskBefore = await server.diskBytes()
    await server.restart()
    const before = readCpu(server.pid)
    const startedAt = performance.now()
    const members = come()
    await Promise.all(members.map((member) => member.joined))
    const times = members.map(({ answeredAt }) => answeredAt - startedAt)
    await pause(afterMs(isQuick))
    const cpu = cpuBetween(before, readCpu(server.pid))
    const growth = ((await server.diskBytes()) - diskBefore) / 1024
    const left = members.filter(({ ended }) => ended !== null).length
    for (const member of members) member.close()
    const text = textOf([has.update])
    let others = 0
    for (let i = 0; i < documents; i++) {
      const late = new Member(server, `shelf-${i}`, { keeps: true })
      await late.joined
      if (late.text() !== text) others++
      late.close()
    }
    return {
      figures: { all: Math.max(...times), p50: quantileOf(times, 0.5), cpu, growth },
      problems: [
        ...(left > 0 ? [`${left} clients were sent away`] : []),
        ...(others > 0 ? [`${others} documents hold another text afterwards`] : []),
      ],
    }
  },
}
