/* The titles of the tests that a file runs, read from its syntax tree: what is skipped or a comment is none. */
import { parseSync } from 'vite'

/** A node of the tree (ESTree with TypeScript, as oxc makes it): kinds it does not know are walked through. */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** What a call such as `it.each(rows)(title, run)` or `describe.skip(title, tests)` does. */
interface Caller {
  readonly base: string
  readonly members: readonly string[]
}

/** Ways not to run a test, or only sometimes, or to be content that it fails. */
const SKIPS = new Set(['skip', 'skipIf', 'runIf', 'todo', 'fixme', 'fails', 'fail'])

/** The titles as they stand there: `%s` for a part that comes from a row. Throws where the file does not parse. */
export const testTitles = (path: string, text: string): readonly string[] => {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const titles: string[] = []
  walk(program as unknown as Node, text, titles) // an ESTree node has a type
  return titles
}

const walk = (node: Node, text: string, titles: string[]): void => {
  const caller = node.type === 'CallExpression' ? callerOf(node['callee']) : null
  if (caller !== null && ['it', 'test', 'describe'].includes(caller.base)) {
    const isGroup = caller.base === 'describe' || caller.members.includes('describe')
    const title = titleOf(node, text)
    if (title !== null && caller.members.some((member) => SKIPS.has(member))) return
    if (title !== null && !isGroup) titles.push(title)
  }
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child)) walk(child, text, titles)
}

const callerOf = (callee: unknown): Caller | null => {
  if (!isNode(callee)) return null
  if (callee.type === 'Identifier') return { base: String(callee['name']), members: [] }
  if (callee.type === 'CallExpression') return callerOf(callee['callee'])
  if (callee.type === 'TaggedTemplateExpression') return callerOf(callee['tag'])
  if (callee.type !== 'MemberExpression') return null
  const inner = callerOf(callee['object'])
  const property = isNode(callee['property']) ? String(callee['property']['name']) : ''
  return inner && { ...inner, members: [...inner.members, property] }
}

/** Null for a call without one, such as `it.each(rows)`. */
const titleOf = (call: Node, text: string): string | null => {
  const [first] = Array.isArray(call['arguments']) ? call['arguments'] : []
  if (!isNode(first)) return null
  if (first.type === 'TemplateLiteral') return text.slice(first.start + 1, first.end - 1)
  return typeof first['value'] === 'string' ? first['value'] : null
}
