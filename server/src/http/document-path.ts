import { err, parseDocName, type DocName, type Result } from '@quire/shared'

/** Before the path in the absolute form, which servers have to take (RFC 9112 §3.2.2). */
const AUTHORITY = /^https?:\/\/[^/?]*/i

/**
 * The document that a request target names: everything between `prefix` and the query, percent-decoded
 * once. `a%2Fb` and `a/b` are the same name. Errors are sentences for people.
 */
export const documentInPath = (target: string, prefix: string): Result<DocName, string> => {
  const [path = ''] = target.replace(AUTHORITY, '').split('?', 1)
  if (!path.startsWith(prefix)) return err(`path does not start with ${prefix}`)
  let name: string
  try {
    name = decodeURIComponent(path.slice(prefix.length))
  } catch {
    return err('document name is not percent-encoded UTF-8')
  }
  const parsed = parseDocName(name)
  return parsed.ok ? parsed : err(parsed.error.message)
}
