/** Where the view of a document is. */
export const documentPath = (name: string): string => `/documents/${encodeURIComponent(name)}`
