/* Bytes that are no message. */
import { haveConverged } from '../../harness/contents.ts'
import { between, randomFrom } from '../../harness/random.ts'
import type { Theme } from './case.ts'
import { openRawFamily } from './raw.ts'

/** Sockets that say nonsense, and how much of it each. */
const SOCKETS = 20
const FRAMES = 10
const LONGEST = 200

/** Said as they stand: types nobody knows, lengths that are not there, and half of what somebody knows. */
const ODD: readonly (readonly number[])[] = [
  [],
  [0],
  [99, 1, 2, 3],
  [0, 2, 255, 255, 255, 255, 15],
  [0, 2, 3, 1, 1, 7],
  [0, 1, 200, 1, 0],
  [1, 5, 1, 7],
  [1, 3, 1, 7, 1],
  [255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
]

/** Garbage. */
export const garbage: Theme = {
  title: 'garbage',
  cases: [
    {
      title: 'garbage from others changes nothing for those who work in the document',
      async run(scene) {
        const server = await scene.shared()
        const random = randomFrom(SOCKETS)
        const [one, other] = await Promise.all([scene.synced(server), scene.synced(server)])
        const told = one.statuses.length
        for (let socket = 0; socket < SOCKETS; socket++) {
          one.doc.getText('text').insert(0, `${socket} `)
          const raw = await openRawFamily(scene, server)
          scene.after(() => raw.client.socket.terminate())
          for (const odd of ODD) raw.client.socket.send(raw.frame(Uint8Array.from(odd)))
          for (let frame = 0; frame < FRAMES; frame++) {
            const bytes = Uint8Array.from({ length: between(random, 0, LONGEST) }, () =>
              between(random, 0, 255),
            )
            raw.client.socket.send(frame % 2 === 0 ? bytes : raw.frame(bytes))
          }
          raw.client.socket.send('text where bytes are expected')
        }
        await scene.until('both hold the same', () => haveConverged(one, other))
        await scene.until('it is saved', () => one.isSaved() !== false)
        const newcomer = await scene.synced(server)
        await scene.until('a newcomer holds the same', () => haveConverged(one, newcomer))
        if (one.statuses.length > told + 1)
          throw new Error(`it was cut off: ${one.statuses.join()}`)
      },
    },
  ],
}
