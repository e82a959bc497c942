import type { DocName } from '@quire/shared'

import { parseLinkableName } from './doc-name.ts'

const qualities = (
  'amber brisk calm clear copper crisp early fresh gentle golden green hidden ivory late light ' +
  'little lucid mellow misty north olive pale plain quick quiet silver slow small soft still warm'
).split(' ')
const things = (
  'anchor atlas basin birch bridge brook canvas cedar cloud comet field folio garden harbor ' +
  'hazel island lantern ledger letter maple meadow orchard paper pebble planet quill river sail ' +
  'stone summit valley willow'
).split(' ')
const letters = 'abcdefghjkmnpqrstvwxyz23456789'.split('')

/** A number in [0, 1), as `Math.random` gives it. */
export type Random = () => number

/** A readable name such as `quiet-harbor-7kq2mx`: two words and 29 bits against collisions. */
export function randomDocName(random: Random): DocName {
  const words = `${pick(qualities, random)}-${pick(things, random)}`
  const parsed = parseLinkableName(`${words}-${randomTail(random)}`)
  if (!parsed.ok) throw new Error(`a random name was refused: ${parsed.error.kind}`)
  return parsed.value
}

/** Six letters and digits that are not mistaken for others: 29 bits. */
export function randomTail(random: Random): string {
  return Array.from({ length: 6 }, () => pick(letters, random)).join('')
}

/** One of `choices`, which must not be empty. */
export function pick<T>(choices: readonly T[], random: Random): T {
  const choice = choices[Math.floor(random() * choices.length)]
  if (choice === undefined) throw new Error('nothing to pick from')
  return choice
}
