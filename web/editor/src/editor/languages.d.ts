/** A language that code blocks can be highlighted in. */
export interface Language {
  /** The name highlight.js knows it by, stored in the document. */
  readonly id: string
  readonly label: string
}
/** All languages on offer, by label. */
export declare const languages: readonly Language[]
/** The language a code block's attribute means; `null` for plain text and for anything unknown. */
export declare function languageOf(attribute: unknown): Language | null
//# sourceMappingURL=languages.d.ts.map
