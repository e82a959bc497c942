/* Who is here, and who has gone. */
import type { Client, Family } from '../families/family.ts'
import { failsOn, none, type Case, type Exception, type Scene, type Theme } from './case.ts'

const show = (client: Client, at: number): void =>
  client.awareness.setLocalState({ name: client.family, at })

const seen = (by: Client, who: Client): unknown =>
  by.awareness.getStates().get(who.awareness.clientID)?.['at']

const sees = (scene: Scene, by: Client, who: Client, at: number): Promise<void> =>
  scene.until(`the other is seen at ${at}`, () => seen(by, who) === at)

const sawGone = (scene: Scene, by: Client, who: Client): Promise<void> =>
  scene.until('the other is seen no more', () => seen(by, who) === undefined)

/** How a server finds a dead line that nothing closes. */
const onlyQuire = (_family: Family, { isQuire }: { isQuire: boolean }): Exception | null =>
  isQuire
    ? null
    : none('takes 30 s and longer: it is the clients that drop whom they have not heard of')

const vanishing: readonly Case[] = [
  {
    title: 'who loses the connection is seen no more',
    async run(scene) {
      const server = await scene.shared()
      const line = await scene.line(server)
      const [leaver, watcher] = await Promise.all([scene.synced(line), scene.synced(server)])
      show(leaver, 1)
      await sees(scene, watcher, leaver, 1)
      await line.close()
      await sawGone(scene, watcher, leaver)
    },
  },
  {
    title: 'who vanishes without a close is seen no more',
    exception: onlyQuire,
    async run(scene) {
      const server = await scene.shared({ env: { QUIRE_MAX_SILENCE_MS: '2000' } })
      const line = await scene.line(server)
      const [leaver, watcher] = await Promise.all([scene.synced(line), scene.synced(server)])
      show(leaver, 1)
      await sees(scene, watcher, leaver, 1)
      line.set({ kind: 'dead' })
      await sawGone(scene, watcher, leaver)
    },
  },
]

/** Presence. */
export const presence: Theme = {
  title: 'presence',
  cases: [
    {
      title: 'who comes is seen, by those who were there and by those who come later',
      async run(scene) {
        const server = await scene.shared()
        const [first, second] = await Promise.all([scene.synced(server), scene.synced(server)])
        show(first, 1)
        show(second, 2)
        await sees(scene, first, second, 2)
        await sees(scene, second, first, 1)
        const third = await scene.synced(server)
        await sees(scene, third, first, 1)
        await sees(scene, third, second, 2)
      },
    },
    {
      title: 'who moves is seen where it is',
      async run(scene) {
        const server = await scene.shared()
        const [mover, watcher] = await Promise.all([scene.synced(server), scene.synced(server)])
        for (let at = 1; at <= 50; at++) show(mover, at)
        await sees(scene, watcher, mover, 50)
        show(mover, 51)
        await sees(scene, watcher, mover, 51)
      },
    },
    {
      title: 'who leaves is seen no more',
      async run(scene) {
        const server = await scene.shared()
        const [leaver, watcher] = await Promise.all([scene.synced(server), scene.synced(server)])
        show(leaver, 1)
        await sees(scene, watcher, leaver, 1)
        leaver.destroy()
        await sawGone(scene, watcher, leaver)
      },
    },
    {
      title: 'who hides is seen no more, and seen again when it shows itself',
      exception: failsOn(
        'hocuspocus',
        'passes on only states that are there, and so not that one has been taken back',
        /seen no more/,
      ),
      async run(scene) {
        const server = await scene.shared()
        const [shy, watcher] = await Promise.all([scene.synced(server), scene.synced(server)])
        show(shy, 1)
        await sees(scene, watcher, shy, 1)
        shy.awareness.setLocalState(null)
        await sawGone(scene, watcher, shy)
        show(shy, 2)
        await sees(scene, watcher, shy, 2)
      },
    },
    ...vanishing,
  ],
}
