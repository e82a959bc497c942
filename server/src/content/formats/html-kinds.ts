/* What elements of HTML are, where the schema has no node for them. */
/** Elements without any text for people. */
export const SILENT: ReadonlySet<string> = new Set(
  'script style head iframe object embed template noscript svg math title textarea select button input audio video canvas map frameset noframes noembed datalist dialog'.split(
    ' ',
  ),
)

/** Elements that begin a line of their own, beside those that are nodes of the schema. */
export const BLOCKS: ReadonlySet<string> = new Set(
  'html body div section article main header footer aside nav address figure figcaption dl dt dd details summary form fieldset legend center caption thead tbody tfoot tr td th li hgroup search menu'.split(
    ' ',
  ),
)
