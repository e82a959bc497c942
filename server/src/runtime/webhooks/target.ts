import { createHash } from 'node:crypto'
import type { Target } from './attempt.ts'

/** Characters of a hash of the URL: it tells ten targets apart, and gives nothing of it away. */
const KEY_LENGTH = 16

/** The target that a URL means, which was checked before (config.ts). */
export const targetOf = (raw: string): Target => {
  const url = new URL(raw)
  const key = createHash('sha256').update(url.href).digest('hex').slice(0, KEY_LENGTH)
  return { key, host: url.host, url }
}
