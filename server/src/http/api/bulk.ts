/*
 * Many documents at once, as streams of lines of JSON (https://github.com/ndjson/ndjson-spec): a line is a document,
 *
 *   {"name":"team/notes","createdAt":"…","changedAt":"…","sequence":12,"update":"AQHs…","authors":[[client,clock,"ann"]]}
 *
 * with its whole state as one Yjs update in base64. Neither holds more than one document at a time.
 */
import type { ApiParts } from './api-parts.ts'
import { exportOperation } from './export.ts'
import { importOperation } from './import.ts'
import type { Operation } from './operation.ts'

/** The operations. */
export const bulkOperations = (parts: ApiParts): readonly Operation[] => [
  exportOperation(parts),
  importOperation(parts),
]
