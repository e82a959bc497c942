import { Link } from 'wouter'

import { docHref } from '../names/doc-name.ts'
import { useServices } from '../services.tsx'
import { useReadable } from '../use-readable.ts'

/** Documents that were left with changes the server has not got yet. */
export function WaitingNotice() {
  const { host } = useServices()
  const waiting = useReadable(host.waiting)
  if (waiting.length === 0) return null
  return (
    <output className="banner mb-10 rounded-lg border">
      <span>
        Changes are waiting for the connection in{' '}
        {waiting.map((name) => (
          <Link key={name} href={docHref(name)} className="underline">
            <bdi>{name}</bdi>
          </Link>
        ))}
        . Keep this tab open until they are sent.
      </span>
    </output>
  )
}
