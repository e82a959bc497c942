/* The code blocks that the mechanism here leaves to others, each with its reason. Keep this short. */
import type { CodeBlock } from '../harness/code-blocks.ts'

/** Who holds a block: a test that mentions something of it, or a file in which its lines stand in this order. */
export type Holder =
  | { readonly kind: 'test'; readonly file: string; readonly mentions: string }
  | { readonly kind: 'part'; readonly file: string }

/** Code blocks of a page that somebody else holds. */
export interface Exception {
  readonly page: string
  /** How each of them begins. */
  readonly starts: readonly string[]
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
]

/** The exception that a block is, if it is one. */
export const exceptionOf = ({ page, code }: CodeBlock): Exception | undefined =>
  exceptions.find(
    (exception) =>
      exception.page === page && exception.starts.some((start) => code.startsWith(start)),
  )
