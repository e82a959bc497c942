import { Link } from 'wouter'

import { docHref } from '../names/doc-name.ts'
import { useServices } from '../services.tsx'
import { useLasting } from '../use-lasting.ts'
import { useReadable } from '../use-readable.ts'

/** On a good connection it takes milliseconds until all is saved. */
const slowMs = 1000

/** Documents that were left with changes the server has not confirmed as saved. */
export function WaitingNotice() {
  const { host } = useServices()
  const waiting = useReadable(host.waiting)
  const isSlow = useLasting(waiting.length > 0, slowMs)
  if (!isSlow) return null
  return (
    <output className="banner mb-10 rounded-lg border">
      <span>
        Changes are waiting for the connection in{' '}
        {waiting.map(({ name }) => (
          <Link key={name} href={docHref(name)} className="underline">
            <bdi>{name}</bdi>
          </Link>
        ))}
        .{' '}
        {waiting.every(({ isKept }) => isKept)
          ? 'They are kept on this device until then.'
          : 'Keep this tab open until they are saved.'}
      </span>
    </output>
  )
}
