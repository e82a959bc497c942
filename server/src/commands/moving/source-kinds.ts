/** What can be imported from. */
export const sourceKinds = [
  'quire',
  'hocuspocus-sqlite',
  'y-leveldb',
  'y-sweet',
  'updates',
  'markdown',
] as const
export type SourceKind = (typeof sourceKinds)[number]
