/** The address of a link as it may be rendered, or `null`. Accepts http, https and mailto. */
export declare function safeLinkUrl(raw: unknown): string | null
/** The address of an image as it may be rendered, or `null`. Accepts http and https. */
export declare function safeImageUrl(raw: unknown): string | null
/** Reads what a person typed as a link: `example.org` means https, `ada@example.org` mailto. */
export declare function linkUrlFromInput(typed: string): string | null
//# sourceMappingURL=safe-url.d.ts.map
