/* The code blocks that the mechanism here leaves to others, each with its reason. Keep this short. */
import type { CodeBlock } from '../harness/code-blocks.ts'

/** Who holds a block: a test that mentions something of it; a file in which its lines stand in this order. */
export type Holder =
  | { readonly kind: 'test'; readonly file: string; readonly mentions: string }
  | { readonly kind: 'part'; readonly file: string }
  /** Nobody: there is nothing in it that could be run or read. */
  | { readonly kind: 'nobody' }

/** Code blocks of a page that somebody else holds. */
export interface Exception {
  readonly page: string
  /** How each of them begins; or all commands of the page, and what they print. */
  readonly starts: readonly string[] | 'commands'
  readonly why: string
  readonly by: Holder
}

const packed = {
  starts: ['npm install'],
  why: 'installs from the registry; the packages as they are published are installed by',
  by: { kind: 'test', file: 'e2e/harness/packed-project.ts', mentions: "'npm', ['install'" },
} as const

const program = {
  why: 'needs the parts around it; is a part of a program that is run',
  by: { kind: 'part', file: 'e2e/saas/app.js' },
} as const

export const exceptions: readonly Exception[] = [
  { page: 'README.md', starts: ['  await api.document'], ...program },
  { page: 'server/EMBEDDING.md', starts: ['// A program with a login'], ...program },
  { page: 'server/EMBEDDING.md', ...packed },
  { page: 'server/README.md', ...packed },
  {
    page: 'server/COMMANDS.md',
    starts: 'commands',
    why: 'are of an operator’s folders; all of them are run, and what they print is looked at, by',
    by: { kind: 'test', file: 'e2e/operations/commands.test.ts', mentions: 'COMMANDS.md' },
  },
  {
    page: 'server/MOVING.md',
    starts: 'commands',
    why: 'read what other servers have written; all of them are run, beside such stores, by',
    by: { kind: 'test', file: 'e2e/moving-stores.test.ts', mentions: 'MOVING.md' },
  },
  {
    page: 'server/WEBHOOKS.md',
    starts: ["import { createServer } from 'node:http'\nimport { Webhook }"],
    why: 'the types of its library want more than JavaScript can say; it is run by',
    by: { kind: 'test', file: 'e2e/webhooks/page.test.ts', mentions: 'WEBHOOKS.md' },
  },
  {
    page: 'server/DEPLOYING.md',
    starts: 'commands',
    why: 'change the machine; what of them needs no Docker and no root is run by',
    by: { kind: 'test', file: 'e2e/deploy/deploying.test.ts', mentions: 'DEPLOYING.md' },
  },
  {
    page: 'server/OBSERVING.md',
    starts: ['quire.update '],
    why: 'is a drawing',
    by: { kind: 'nobody' },
  },
]

/** The exception that a block is, if it is one. */
export const exceptionOf = ({ page, language, code }: CodeBlock): Exception | undefined =>
  exceptions.find(
    ({ page: its, starts }) =>
      its === page &&
      (starts === 'commands'
        ? ['sh', 'text'].includes(language)
        : starts.some((start) => code.startsWith(start))),
  )
