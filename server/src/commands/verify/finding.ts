/** Something that is wrong with what is stored. */
export interface Finding {
  /** The document's name, also where it was deleted; null for what is of none. */
  readonly document: string | null
  /** The update, by its number in the log; null where it is not one. */
  readonly seq: number | null
  readonly problem: string
}

/** What became of one document. */
export interface Checked {
  readonly id: number
  readonly name: string
  readonly isDeleted: boolean
  readonly head: number
  /** SHA-256 of name, head and state; null where the state cannot be made out. */
  readonly digest: string | null
  readonly findings: readonly Finding[]
}

/** A finding as a line. */
export const lineOf = ({ document, seq, problem }: Finding): string => {
  const what = document === null ? [] : [`document ${JSON.stringify(document)}`]
  if (seq !== null) what.push(`update ${seq}`)
  return [...what, problem].join(': ')
}
