import { HardDrive, X } from 'lucide-react'
import { Link } from 'wouter'

import { useKeptDocuments } from '../device/use-kept-documents.ts'
import { docHref } from '../names/doc-name.ts'
import type { RecentDocument } from '../recents/recents.ts'
import { useServices } from '../services.tsx'
import { useReadable } from '../use-readable.ts'

const dates = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** The documents this browser opened, newest first. */
export function RecentList() {
  const { recents } = useServices()
  const list = useReadable(recents)
  const kept = useKeptDocuments()
  if (list.length === 0) return null
  return (
    <section className="mt-12" aria-labelledby="recent-heading">
      <h2 id="recent-heading" className="text-sm font-semibold text-ink-soft">
        Recently opened
      </h2>
      <ul className="mt-2 divide-y divide-line border-y border-line" data-testid="recent-documents">
        {list.map((recent) => (
          <RecentRow
            key={recent.name}
            recent={recent}
            isKept={kept.has(recent.name)}
            onForget={() => recents.forget(recent.name)}
          />
        ))}
      </ul>
    </section>
  )
}

function RecentRow({ recent, isKept, onForget }: RecentRowProps) {
  const title = recent.title === '' ? recent.name : recent.title
  return (
    <li className="recent">
      <Link href={docHref(recent.name)} className="recent__link">
        <bdi className="truncate font-medium">{title}</bdi>
        <span className="flex gap-2 truncate text-sm text-ink-soft">
          {recent.title !== '' && <bdi className="truncate">{recent.name}</bdi>}
          <time className="shrink-0" dateTime={new Date(recent.openedAt).toISOString()}>
            {dates.format(recent.openedAt)}
          </time>
          {isKept && (
            <span className="recent__kept" data-testid="kept-here">
              <HardDrive size={14} aria-hidden="true" />
              On this device
            </span>
          )}
        </span>
      </Link>
      <button
        type="button"
        className="icon-button"
        aria-label={`Remove ${title} from this list`}
        title="Remove from this list"
        onClick={onForget}
      >
        <X size={16} aria-hidden="true" />
      </button>
    </li>
  )
}

interface RecentRowProps {
  readonly recent: RecentDocument
  /** It opens without a network. */
  readonly isKept: boolean
  readonly onForget: () => void
}
