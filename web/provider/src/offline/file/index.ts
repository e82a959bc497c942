export { createFileStore } from './file.ts'
export type { FileStoreOptions } from './file.ts'
export type { Keeping } from '../note.ts'
export { encryptWith } from '../sealing.ts'
