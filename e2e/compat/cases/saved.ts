/* What a client shows of its changes is true. */
import { mountDisk, type PrivateDisk } from '../../harness/private-disk.ts'
import type { Client, Family } from '../families/family.ts'
import type { Server } from '../servers/hosts.ts'
import { failsOn, none, type Case, type Exception, type Scene, type Theme } from './case.ts'

/** For those that show nothing. */
const showsNothing = ({ savedBy }: Family): Exception | null =>
  savedBy === null ? none('it shows nothing of it') : null

const write = ({ doc }: Client, text: string): void => doc.getText('text').insert(0, text)

const isSaved = (scene: Scene, client: Client): Promise<void> =>
  scene.until('it is shown as saved', () => client.isSaved() === true)

/** Throws if a client shows its changes as saved at any moment until `ends`. */
const notSavedUntil = async (client: Client, ends: () => Promise<void>): Promise<void> => {
  let problem: string | null = null
  const looking = setInterval(() => {
    if (client.isSaved() === true) problem ??= `it is shown as saved: ${client.detail()}`
  }, 1)
  try {
    await ends()
  } finally {
    clearInterval(looking)
  }
  if (problem !== null) throw new Error(problem)
}

/** A disk of its own with a server on it, which knows the document. */
const onSmallDisk = async (scene: Scene): Promise<{ disk: PrivateDisk; server: Server }> => {
  const disk = await mountDisk({ megabytes: 8 })
  scene.after(disk.remove)
  const server = await scene.own({ disk: { path: disk.path, launcher: disk.launcher } })
  return { disk, server }
}

const PARAGRAPH = 'the disk is full and we go on writing. '.repeat(2_000)

/** What a full disk refuses is not shown as saved, and is once there is room again. */
const fullDisk: Case = {
  title: 'what a full disk refuses is not shown as saved, until there is room again',
  exception: (family, host) =>
    showsNothing(family) ??
    failsOn(
      'hocuspocus',
      'acknowledges what is in memory; its store fails later, and only its log says so',
      /shown as saved/,
    )(family, host),
  async run(scene) {
    const { disk, server } = await onSmallDisk(scene)
    const [client, other] = await Promise.all([scene.synced(server), scene.synced(server)])
    write(client, 'before. ')
    await isSaved(scene, client)
    await disk.fill()
    await notSavedUntil(client, async () => {
      write(client, PARAGRAPH)
      // it reaches the others; what it waits for is the disk
      await scene.until('the other has it', () => other.doc.getText('text').length > 1_000)
      write(other, 'and an answer. ')
      await scene.until('the answer has come', () =>
        client.doc.getText('text').toJSON().startsWith('and'),
      )
    })
    await disk.free()
    await isSaved(scene, client)
  },
}

/** Saved means on disk. */
export const saved: Theme = {
  title: 'saved',
  cases: [
    {
      title: 'a change is shown as unsaved at once, and as saved in the end',
      exception: showsNothing,
      async run(scene) {
        const server = await scene.shared()
        const client = await scene.synced(server)
        await isSaved(scene, client)
        for (let i = 0; i < 20; i++) {
          write(client, `${i}`)
          if (client.isSaved() === true) throw new Error('it is shown as saved at once')
        }
        await isSaved(scene, client)
      },
    },
    {
      title: 'what others write does not make it unsaved',
      exception: showsNothing,
      async run(scene) {
        const server = await scene.shared()
        const [writer, reader] = await Promise.all([scene.synced(server), scene.synced(server)])
        await isSaved(scene, reader)
        write(writer, 'of somebody else')
        await scene.until('it has come', () => reader.doc.getText('text').length > 0)
        if (reader.isSaved() !== true) throw new Error(`it is shown as unsaved: ${reader.detail()}`)
      },
    },
    {
      title: 'while the server does nothing, nothing is shown as saved',
      exception: showsNothing,
      async run(scene) {
        const server = await scene.own()
        const client = await scene.synced(server)
        await isSaved(scene, client)
        process.kill(server.pid, 'SIGSTOP')
        scene.after(() => process.kill(server.pid, 'SIGCONT'))
        let turns = 0
        await notSavedUntil(client, async () => {
          write(client, 'into the void')
          await scene.until('some time has passed', () => ++turns > 100)
        })
        process.kill(server.pid, 'SIGCONT')
        await isSaved(scene, client)
      },
    },
    {
      title: 'what was written offline is shown as saved when it has been sent',
      exception: showsNothing,
      async run(scene) {
        const server = await scene.shared()
        const line = await scene.line(server)
        const client = await scene.synced(line)
        await isSaved(scene, client)
        line.set({ kind: 'dead' })
        write(client, 'offline')
        await notSavedUntil(client, async () => line.set({ kind: 'fine' })) // which cuts it
        await isSaved(scene, client)
        const reader = await scene.synced(server)
        await scene.until('it was sent', () => reader.doc.getText('text').toJSON() === 'offline')
      },
    },
    fullDisk,
  ],
}
