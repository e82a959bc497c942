/*
 * Children of XML types as they read: texts side by side are one, and one that is empty is none. Editors
 * leave an emptied Y.XmlText where it is, and somebody may be typing in it.
 */
import { canonical } from './canonical.ts'
import { type Run, type Tree } from './tree.ts'

/** A child, or the texts that stand side by side. A text with attributes of its own stands alone. */
export interface Unit {
  readonly tree: Tree
  /** Where it begins among the children. */
  readonly at: number
  /** The texts that it is made of, none for what is no text. */
  readonly texts: readonly TextTree[]
}

type TextTree = Extract<Tree, { kind: 'text' }>

/** The children, with texts side by side made one. */
export const unitsOf = (children: readonly Tree[]): readonly Unit[] => {
  const units: { tree: Tree; at: number; texts: TextTree[] }[] = []
  for (const [at, tree] of children.entries()) {
    const last = units.at(-1)
    if (isPlain(tree) && last !== undefined && isPlain(last.tree)) last.texts.push(tree)
    else units.push({ tree, at, texts: isPlain(tree) ? [tree] : [] })
  }
  return units.map(({ tree, at, texts }) =>
    texts.length < 2 || tree.kind !== 'text'
      ? { tree, at, texts }
      : { tree: { ...tree, runs: joinedRuns(texts.flatMap(({ runs }) => runs)) }, at, texts },
  )
}

/** Those that one sees anything of. */
export const visibleUnits = (children: readonly Tree[]): readonly Unit[] =>
  unitsOf(children).filter(({ tree }) => !isPlain(tree) || tree.runs.length > 0)

const isPlain = (tree: Tree): tree is TextTree =>
  tree.kind === 'text' && Object.keys(tree.attributes).length === 0

const joinedRuns = (runs: readonly Run[]): readonly Run[] => {
  const out: Run[] = []
  for (const run of runs) {
    const last = out.at(-1)
    if (
      typeof last?.insert === 'string' &&
      typeof run.insert === 'string' &&
      canonical(last.attributes) === canonical(run.attributes)
    )
      out[out.length - 1] = { ...last, insert: last.insert + run.insert }
    else out.push(run)
  }
  return out
}
