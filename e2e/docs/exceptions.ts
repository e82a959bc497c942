/* The code blocks that the mechanism here leaves to others, each with its reason. Keep this short. */
import type { CodeBlock } from '../harness/code-blocks.ts'

/** A code block, and who holds it instead. */
export interface Exception {
  readonly page: string
  /** How its code begins. */
  readonly starts: string
  readonly why: string
  readonly by:
    | { readonly kind: 'test'; readonly file: string; readonly mentions: string }
    /** All of its lines stand in this file, in this order. */
    | { readonly kind: 'part'; readonly file: string }
}

const packed = {
  why: 'installs from the registry; the packages as they are published are installed by',
  by: { kind: 'test', file: 'e2e/harness/packed-project.ts', mentions: "'npm', ['install'" },
} as const

const program = {
  why: 'needs the parts around it; is a part of a program that is run',
  by: { kind: 'part', file: 'e2e/saas/app.js' },
} as const

export const exceptions: readonly Exception[] = [
  { page: 'README.md', starts: '  await api.document', ...program },
  { page: 'server/EMBEDDING.md', starts: '// A program with a login', ...program },
  { page: 'server/EMBEDDING.md', starts: 'npm install', ...packed },
  { page: 'server/README.md', starts: 'npm install', ...packed },
]

/** Whether a block is left to others. */
export const isException = ({ page, code }: CodeBlock): boolean =>
  exceptions.some((exception) => exception.page === page && code.startsWith(exception.starts))
