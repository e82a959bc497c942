/*
 * Two people at work in a document while somebody else misbehaves in it.
 */
import { haveConverged } from './contents.ts'
import { randomFrom } from './random.ts'
import { openClient } from './stock-client.ts'
import { typeInto } from './typist.ts'
import { until } from './until.ts'

/** Two people at work. */
export interface Innocents {
  /** Waits until both have typed more, and the server has acknowledged more. */
  goOn(): Promise<void>
  /**
   * Ends their work and waits until a fresh reader holds what they hold, no less and no more. Returns
   * how each connection of theirs was closed meanwhile: there should be none.
   */
  harm(): Promise<readonly string[]>
  close(): void
}

/** Lets two people type in a document, with nobody else in it so far. */
export const startInnocents = async (
  on: { readonly yjsUrl: string },
  document: string,
  seed: number,
): Promise<Innocents> => {
  const anna = openClient(on, document)
  const ben = openClient(on, document)
  const people = [anna, ben]
  await Promise.all(people.map((person) => person.synced()))
  const atWork = people.map((person, i) => {
    const typist = typeInto(person, { random: randomFrom(seed + i) })
    return { person, typist }
  })

  const goOn = async (): Promise<void> => {
    const goals = atWork.map(({ person, typist }) => ({
      person,
      typist,
      strokes: typist.strokes + 10,
      acknowledged: person.wire.acknowledged.length + 1,
    }))
    await until('the innocent go on', () =>
      goals.every(
        ({ person, typist, strokes, acknowledged }) =>
          typist.strokes >= strokes && person.wire.acknowledged.length >= acknowledged,
      ),
    )
  }

  const harm = async (): Promise<readonly string[]> => {
    await goOn()
    for (const { typist } of atWork) typist.stop()
    await until('the innocent converge', () => haveConverged(anna, ben))
    const fresh = openClient(on, document)
    try {
      await until('a fresh reader holds just the same', () => haveConverged(fresh, anna))
    } finally {
      fresh.close()
    }
    return people.flatMap(({ wire }) => wire.closes.map(({ code, reason }) => `${code} ${reason}`))
  }

  await goOn()
  return {
    goOn,
    harm,
    close() {
      for (const { typist } of atWork) typist.stop()
      for (const person of people) person.close()
    },
  }
}
