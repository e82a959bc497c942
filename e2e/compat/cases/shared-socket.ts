/* Several documents on one socket. */
import { haveConverged } from '../../harness/contents.ts'
import type { Client, Family, SharedSocket } from '../families/family.ts'
import { none, type Exception, type Scene, type Theme } from './case.ts'
import { tokenFor } from './tokens.ts'

const noSharing = ({ share }: Family): Exception | null =>
  share === null ? none('has a socket for each document') : null

const noSessions = (family: Family): Exception | null =>
  noSharing(family) ??
  (family.hasSessions ? null : none('has one session of a document on a socket'))

/** A socket of the family to a server. */
const socketTo = (scene: Scene, server: { readonly port: number }): SharedSocket => {
  const { share } = scene.family
  if (share === null) throw new Error('the family has no shared sockets')
  const socket = share(server)
  scene.after(() => socket.destroy())
  return socket
}

const token = (): string => 'any'

const allSynced = (scene: Scene, clients: readonly Client[]): Promise<void> =>
  scene.until('all are synced', () => clients.every((client) => client.isSynced()))

/** Shared sockets. */
export const sharedSocket: Theme = {
  title: 'shared socket',
  cases: [
    {
      title: 'several documents on one socket are kept apart, and each is saved',
      exception: noSharing,
      async run(scene) {
        const server = await scene.shared()
        const socket = socketTo(scene, server)
        const clients = Array.from({ length: 20 }, (_, i) =>
          socket.open({ document: `${scene.document}-${i}`, token }),
        )
        await allSynced(scene, clients)
        for (const [i, { doc }] of clients.entries()) doc.getText('text').insert(0, `text of ${i}`)
        await scene.until('all are saved', () =>
          clients.every((client) => client.isSaved() === true),
        )
        const readers = clients.map((_, i) =>
          scene.open(server, { document: `${scene.document}-${i}` }),
        )
        await scene.until('others have the same', () =>
          clients.every((client, i) => {
            const reader = readers[i]
            return reader !== undefined && haveConverged(client, reader)
          }),
        )
      },
    },
    {
      title: 'a document that is closed leaves the others of its socket open',
      exception: noSharing,
      async run(scene) {
        const server = await scene.shared()
        const socket = socketTo(scene, server)
        const [first, second] = ['first', 'second'].map((name) =>
          socket.open({ document: `${scene.document}-${name}`, token }),
        )
        if (first === undefined || second === undefined) throw new Error('two clients')
        await allSynced(scene, [first, second])
        const watcher = await scene.synced(server, { document: `${scene.document}-first` })
        first.awareness.setLocalState({ at: 1 })
        const isSeen = (): boolean => watcher.awareness.getStates().has(first.awareness.clientID)
        await scene.until('it is seen', isSeen)
        first.destroy()
        await scene.until('it has left', () => !isSeen())
        second.doc.getText('text').insert(0, 'goes on')
        await scene.until('the other goes on', () => second.isSaved() === true)
        const again = socket.open({ document: `${scene.document}-first`, token })
        await scene.until('it can be opened again', () => again.isSynced())
      },
    },
    {
      title: 'a document that is denied leaves the others of its socket open',
      exception: noSharing,
      async run(scene) {
        const server = await scene.shared({ hasLogins: true })
        const socket = socketTo(scene, server)
        const allowed = tokenFor(scene.document, 'write')
        const denied = socket.open({ document: `${scene.document}-denied`, token: () => allowed })
        const open = socket.open({ document: scene.document, token: () => allowed })
        await scene.until('one is denied', () => denied.refusals.length > 0)
        await allSynced(scene, [open])
        open.doc.getText('text').insert(0, 'goes on')
        await scene.until('the other goes on', () => open.isSaved() === true)
      },
    },
    {
      title: 'several sessions of one document on one socket are clients of their own',
      exception: noSessions,
      async run(scene) {
        const server = await scene.shared()
        const socket = socketTo(scene, server)
        const sessions = Array.from({ length: 5 }, () =>
          socket.open({ document: scene.document, isSession: true, token }),
        )
        await allSynced(scene, sessions)
        for (const [i, { doc, awareness }] of sessions.entries()) {
          doc.getText('text').insert(0, `of session ${i} `)
          awareness.setLocalState({ at: i })
        }
        const outside = await scene.synced(server)
        const [first, ...others] = sessions
        if (first === undefined) throw new Error('five sessions')
        await scene.until('all hold the same', () =>
          [...others, outside].every((other) => haveConverged(first, other)),
        )
        await scene.until('all are saved', () =>
          sessions.every((client) => client.isSaved() === true),
        )
        const seen = (): number => outside.awareness.getStates().size
        await scene.until('all are seen', () => seen() === 5 + 1)
        first.destroy()
        await scene.until('one is seen no more', () => seen() === 4 + 1)
        others[0]?.doc.getText('text').insert(0, 'goes on ')
        await scene.until('the others go on', () =>
          others.every((other) => haveConverged(outside, other)),
        )
      },
    },
  ],
}
