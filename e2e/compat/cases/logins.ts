/* Who may do what. */
import { haveConverged } from '../../harness/contents.ts'
import type { Client, Family } from '../families/family.ts'
import type { Host, Server } from '../servers/hosts.ts'
import { none, type Exception, type Scene, type Theme } from './case.ts'
import { tokenFor } from './tokens.ts'

const write = ({ doc }: Client, text: string): void => doc.getText('text').insert(0, text)
const textOf = ({ doc }: Client): string => doc.getText('text').toJSON()

const noLogins = ({ kind }: Family, { isQuire }: Host): Exception | null =>
  !isQuire && kind === 'y-websocket' ? none('has no logins') : null

/** A token that ends while its client is here. */
const noRenewal = (family: Family, host: Host): Exception | null => {
  if (!host.isQuire) return none('leaves the end of tokens to its hooks')
  return family.renews === 'never' ? none('says its token once, whatever becomes of it') : null
}

const serverOf = (scene: Scene): Promise<Server> => scene.shared({ hasLogins: true })

const writerAt = (scene: Scene, server: Server): Promise<Client> => {
  const token = tokenFor(scene.document, 'write')
  return scene.synced(server, { token: () => token })
}

/** Waits until what a client has said so far has been heard. */
const heard = async (scene: Scene, by: Client, who: Client): Promise<void> => {
  const mark = `mark ${Math.random()}`
  who.awareness.setLocalState({ mark })
  await scene.until(
    'its presence is seen',
    () => by.awareness.getStates().get(who.awareness.clientID)?.['mark'] === mark,
  )
}

const denied = async (scene: Scene, token: string): Promise<void> => {
  const server = await serverOf(scene)
  const writer = await writerAt(scene, server)
  write(writer, 'secret')
  const client = scene.open(server, { token: () => token })
  write(client, 'of a stranger')
  const { kind } = scene.family
  const learns = (): boolean =>
    kind === 'y-sweet' ? client.statuses.includes('error') : client.refusals.length > 0
  await scene.until('it learns that it may not', learns)
  const newcomer = await writerAt(scene, server)
  await scene.until('others go on', () => haveConverged(writer, newcomer))
  if (textOf(client).includes('secret')) throw new Error('it was told what is there')
  if (textOf(newcomer).includes('stranger')) throw new Error('it has written')
  if (client.isSaved() === true) throw new Error('it shows its change as saved')
}

/** A client whose token ends, and which has another one then. */
const renewed = async (
  scene: Scene,
  access: 'read' | 'write',
): Promise<{ client: Client; other: Client }> => {
  const server = await serverOf(scene)
  const other = await writerAt(scene, server)
  const [first, second] = [
    tokenFor(scene.document, 'write', { forMs: 2_000 }),
    tokenFor(scene.document, access),
  ]
  let saysSecond = 0
  let hasSecond = false
  const client = await scene.synced(server, {
    token: () => {
      if (hasSecond) saysSecond++
      return hasSecond ? second : first
    },
  })
  write(client, 'first ')
  await scene.until('it may write', () => haveConverged(client, other))
  hasSecond = true
  await scene.until('it says the second', () => saysSecond > 0)
  await scene.until('it is in again', () => client.isSynced())
  return { client, other }
}

/** Logins. */
export const logins: Theme = {
  title: 'logins',
  cases: [
    {
      title: 'who has a token gets in, and writes',
      exception: noLogins,
      async run(scene) {
        const server = await serverOf(scene)
        const [one, other] = await Promise.all([writerAt(scene, server), writerAt(scene, server)])
        write(one, 'with a token')
        await scene.until('the other has it', () => haveConverged(one, other))
        await scene.until('it is saved', () => one.isSaved() !== false)
      },
    },
    {
      title: 'who has a token that is signed with something else learns that it may not',
      exception: noLogins,
      run: (scene) => denied(scene, tokenFor(scene.document, 'write', { secret: 'a stranger’s' })),
    },
    {
      title: 'who has the token of another document learns that it may not',
      exception: noLogins,
      run: (scene) => denied(scene, tokenFor(`${scene.document}-other`, 'write')),
    },
    {
      title:
        'who may only read, or comment, sees and is seen; what it writes reaches nobody and is not saved',
      exception: noLogins,
      async run(scene) {
        const server = await serverOf(scene)
        const writer = await writerAt(scene, server)
        write(writer, 'there')
        for (const access of ['read', 'comment'] as const) {
          const before = textOf(writer)
          const token = tokenFor(scene.document, access)
          const reader = await scene.synced(server, { token: () => token })
          await scene.until('it sees what is there', () => textOf(reader) === before)
          await scene.until(
            'it is saved, as it holds nothing else',
            () => reader.isSaved() !== false,
          )
          write(reader, 'mine ')
          await heard(scene, writer, reader)
          if (textOf(writer) !== before) throw new Error('what it wrote has come')
          if (reader.isSaved() === true) throw new Error('it shows its change as saved')
          writer.doc.getText('text').insert(5, ' and more')
          await scene.until('it sees what comes', () => textOf(reader) === `mine ${textOf(writer)}`)
        }
      },
    },
    {
      title: 'a token that ends is renewed, and nothing is lost',
      exception: (family, host) => noLogins(family, host) ?? noRenewal(family, host),
      async run(scene) {
        const { client, other } = await renewed(scene, 'write')
        write(client, 'second ')
        await scene.until('it may write', () => textOf(other) === 'second first ')
        await scene.until('it is saved', () => client.isSaved() !== false)
      },
    },
    {
      title: 'who may only read from then on sees; what it writes reaches nobody and is not saved',
      exception: (family, host) => noLogins(family, host) ?? noRenewal(family, host),
      async run(scene) {
        const { client, other } = await renewed(scene, 'read')
        await heard(scene, other, client)
        write(client, 'second ')
        await heard(scene, other, client)
        if (textOf(other) !== 'first ') throw new Error('what it wrote has come')
        if (client.isSaved() === true) throw new Error('it shows its change as saved')
        other.doc.getText('text').insert(6, 'third')
        await scene.until('it sees what comes', () => textOf(client) === 'second first third')
      },
    },
  ],
}
