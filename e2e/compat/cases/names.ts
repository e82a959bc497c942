/* Documents with odd names. */
import { haveConverged } from '../../harness/contents.ts'
import { none, type Case, type Theme } from './case.ts'

const KIB = 1024

const NAMES = {
  'with slashes': (name) => `team/${name}/notes/`,
  'with percent signs': (name) => `100% of %2F ${name} %zz`,
  'with emoji and accents': (name) => `😀 é ${name} 文`,
  'with what URLs give a meaning': (name) => `${name}?a=b&c#d;e+f:g@h`,
  'of JavaScript objects': (name) => `__proto__ constructor ${name}`,
  'of 1 KB': (name) => name.padEnd(KIB, 'n'),
} as const satisfies Readonly<Record<string, (name: string) => string>>

const named = ([what, nameOf]: readonly [string, (name: string) => string]): Case => ({
  title: `names ${what} are names like others, and not each other's`,
  exception: ({ names, kind }) =>
    names !== null && !names.test(nameOf('name'))
      ? none(`${kind} has letters, digits, - and _ only`)
      : null,
  async run(scene) {
    const server = await scene.shared()
    const document = nameOf(scene.document)
    const [one, other] = await Promise.all([
      scene.synced(server, { document }),
      scene.synced(server, { document }),
    ])
    one.doc.getText('text').insert(0, 'of this one')
    await scene.until('the other has it', () => haveConverged(one, other))
    const neighbour = await scene.synced(server, { document: `${document.slice(0, -1)}_` })
    if (neighbour.doc.getText('text').length > 0) throw new Error('another name has it, too')
  },
})

/** Names. */
export const names: Theme = { title: 'names', cases: Object.entries(NAMES).map(named) }
