import { Link } from 'wouter'

import { documentPath } from './document-path.ts'

/** A document's name, which leads to its view. */
export function DocumentLink({ name }: { readonly name: string }) {
  return (
    <Link href={documentPath(name)} className="link">
      <bdi>{name}</bdi>
    </Link>
  )
}
