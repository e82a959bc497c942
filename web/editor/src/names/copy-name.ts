import type { DocName } from '@quire/shared'

import { parseLinkableName } from './doc-name.ts'
import { randomDocName, randomTail } from './random-name.ts'
import type { Random } from './random-name.ts'

/** A name for a copy, such as `notes-copy-7kq2mx`; one that has nothing of a very long name. */
export function copyName(name: DocName, random: Random): DocName {
  const parsed = parseLinkableName(`${name}-copy-${randomTail(random)}`)
  return parsed.ok ? parsed.value : randomDocName(random)
}
