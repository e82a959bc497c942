/*
 * The page that says what holds with which client on which server:
 *
 *   | case | family …  |        cells: on Quire / on the family's own server
 *   |------|-----------|        ✓ holds, ✗ does not, – not tried; the number says why
 */
import type { Case, Theme } from './cases/case.ts'
import type { Family } from './families/family.ts'
import { peers, quire, type Host } from './servers/hosts.ts'

/** What came of a case on one server. */
export type Cell =
  | { readonly kind: 'holds' }
  | { readonly kind: 'fails'; readonly why: string }
  | { readonly kind: 'none'; readonly why: string }

/** One try of a case. */
export interface Try {
  readonly case: Case
  readonly family: Family
  readonly host: Host
}

const noServerOf = ({ kind }: Family): Cell => ({
  kind: 'none',
  why:
    kind === 'quire'
      ? 'Quire is its own server'
      : 'y-sweet’s own server is a program that no package brings',
})

/** The family as its own server's host knows it, with that host; null where there is none. */
export const ownOf = (family: Family): { host: Host; family: Family } | null => {
  for (const host of peers)
    for (const own of host.families) if (own.name === family.name) return { host, family: own }
  return null
}

/** What is known of a try before it is made. */
export const expectedCell = ({ case: one, family, host }: Try): Cell =>
  one.exception?.(family, host) ?? { kind: 'holds' }

/** The page; `cellOf` says what came of a try. */
export const renderTable = (themes: readonly Theme[], cellOf: (of: Try) => Cell): string => {
  const reasons = new Map<string, number>()
  const show = (cell: Cell): string => {
    if (cell.kind === 'holds') return '✓'
    const number = reasons.get(cell.why) ?? reasons.size + 1
    reasons.set(cell.why, number)
    return `${cell.kind === 'fails' ? '✗' : '–'} [${number}]`
  }
  const cells = (one: Case, family: Family): string => {
    const own = ownOf(family)
    const onQuire = show(cellOf({ case: one, family, host: quire }))
    const onOwn = show(own === null ? noServerOf(family) : cellOf({ case: one, ...own }))
    return onQuire === onOwn ? onQuire : `${onQuire} / ${onOwn}`
  }
  const row = (columns: readonly string[]): string => `| ${columns.join(' | ')} |`
  const tables = themes.map(({ title, cases }) =>
    [
      `## ${title.slice(0, 1).toUpperCase()}${title.slice(1)}`,
      '',
      row(['', ...quire.families.map(({ name }) => name)]),
      row(['---', ...quire.families.map(() => '---')]),
      ...cases.map((one) =>
        row([one.title, ...quire.families.map((family) => cells(one, family))]),
      ),
      '',
    ].join('\n'),
  )
  const notes = [...reasons].map(([why, number]) => `${number}. ${why}`)
  return `${[intro(), ...tables, '## Notes', '', ...notes].join('\n')}\n`
}

const intro = (): string => `# What holds with which client

Stock clients from npm, unmodified, on ${quire.name} and on the server they come from (${peers.map(({ name }) => name).join(', ')}).
A cell has two signs, Quire's and that of the family's own server, or one where both are the same: ✓ holds, ✗ does not hold,
– is not tried. \`npm run compat\` makes every try and writes this page; \`npm test\` makes them as well, and fails where one
comes out otherwise than here. Version 4 of y-websocket is a pre-release for Yjs 14, whose updates are Yjs 13's; only what
is nested without a name reads as an XML fragment there.
`
