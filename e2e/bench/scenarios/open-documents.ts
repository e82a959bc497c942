/* What an open document costs in memory. */
import { Member } from '../load/member.ts'
import { pause } from '../load/wait.ts'
import { readMemory } from '../measure/usage.ts'
import type { Scenario } from './scenario.ts'
import { fillShelf } from './shelf.ts'

const AT_A_TIME = 20

const sizeOf = (isQuick: boolean) =>
  isQuick
    ? { count: 30, warm: 10, settleMs: { warm: 200, open: 500 } }
    : { count: 1_000, warm: 20, settleMs: { warm: 4_000, open: 4_000 } }

/** 1,000 open documents. */
export const openDocuments: Scenario = {
  name: 'open-documents',
  about:
    'memory for each of 1,000 open documents of 50 KB with one client each (30 in a quick run): Pss after, less Pss before, 4 seconds after the last has opened. The documents are on disk, and the server was restarted and has opened 20 others before (10 in a quick run).',
  servers: ['quire', 'hocuspocus'],
  metrics: {
    memory: {
      what: 'memory per open document',
      unit: 'KB',
      target: { kind: 'ratio-at-most', ratio: 1 / 12 },
      plotted: 'Open document of 50 KB: memory',
    },
    disk: { what: 'on disk per document', unit: 'KB' },
  },
  plannedSeconds(isQuick) {
    const { settleMs } = sizeOf(isQuick)
    return (settleMs.warm + settleMs.open) / 1000
  },
  async run({ isQuick, start }) {
    const { count, warm, settleMs } = sizeOf(isQuick)
    const server = await start()
    const written = await fillShelf(server, count + warm)
    const disk = (await server.diskBytes()) / (count + warm)
    await server.restart()
    const members: Member[] = []
    const open = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i += AT_A_TIME) {
        const group = Array.from(
          { length: Math.min(AT_A_TIME, to - i) },
          (_, k) => new Member(server, `shelf-${i + k}`),
        )
        members.push(...group)
        await Promise.all(group.map((member) => member.joined))
      }
    }
    await open(count, count + warm)
    await pause(settleMs.warm)
    const before = readMemory(server.pid)
    await open(0, count)
    await pause(settleMs.open)
    const after = readMemory(server.pid)
    const short = members.filter(({ heardBytes }) => heardBytes < written.update.length * 0.9)
    const left = members.filter(({ ended }) => ended !== null)
    for (const member of members) member.close()
    return {
      figures: { memory: (after - before) / count / 1024, disk: disk / 1024 },
      problems: [
        ...(short.length > 0 ? [`${short.length} clients were not given their document`] : []),
        ...(left.length > 0 ? [`${left.length} clients were sent away`] : []),
      ],
      notes: [`Pss ${Math.round(before / 2 ** 20)} → ${Math.round(after / 2 ** 20)} MB`],
    }
  },
}
